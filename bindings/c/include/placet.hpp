// Placet for C++17 and later: wraps placet.h in owners, exceptions and types of the standard library.
//
// The rules of placet.h on threads, costs and errors apply here too. Every failure throws an exception derived from
// placet::Error, except in functions that are noexcept. Two mistakes never reach the library: a name that contains a
// NUL throws std::invalid_argument, and a time or duration beyond 64 bits of microseconds throws std::out_of_range.
//
// A text is anything that converts to std::string_view or std::string, a pointer to or an array of char, and since
// C++20 the same of char8_t. All texts are UTF-8. A null pointer, alone or in a list, throws an Error with the status
// PLACET_NULL_ARGUMENT. A text or list that is passed needs to live only during the call.
//
// A Policy, a Request or a Decision owns its object. After a move, only assign to it or destroy it.

#ifndef PLACET_HPP
#define PLACET_HPP

#include "placet.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace placet {

/// The effect of a decision: see placet_effect.
enum class Effect : std::int32_t {
    indeterminate = PLACET_INDETERMINATE,
    allow = PLACET_ALLOW,
    deny = PLACET_DENY,
};

/// A calendar day, in days from 1970-01-01.
struct Date {
    std::int32_t days;
};

/// An instant, in microseconds from 1970-01-01T00:00:00Z. It also holds times beyond the range of the system clock.
struct Time {
    std::int64_t micros;
};

/// An error or a warning in a policy.
struct Diagnostic {
    std::string code;   ///< stable, such as "P0304"
    std::string message;
    std::string help;   ///< empty if there is none
    std::string notes;  ///< one a line
    std::string file;   ///< empty if no text is at fault
    std::size_t line;   ///< from 1; 0 if no text is at fault
    std::size_t column; ///< from 1, in characters; 0 if no text is at fault
    bool is_error;      ///< true if the policy doesn't compile because of it
};

/// An obligation of a decision. Its texts live as long as the decision.
struct Obligation {
    std::string_view name;
    std::optional<std::string_view> text;       ///< the task, for people
    std::optional<std::chrono::seconds> within; ///< the deadline, from the decision
    bool is_certain;                            ///< true if it is due whatever the missing values
};

namespace detail {

template <typename T, void (*Free)(T *)> struct Freed {
    void operator()(T *object) const noexcept { Free(object); }
};

template <typename T, void (*Free)(T *)> using Owner = std::unique_ptr<T, Freed<T, Free>>;

inline std::string text(const char *text) { return text == nullptr ? std::string() : std::string(text); }

inline Diagnostic diagnostic(const placet_diagnostic &found) {
    return {text(found.code), text(found.message), text(found.help), text(found.notes),
            text(found.file), found.line,          found.column,     found.is_error};
}

[[noreturn]] inline void fail(placet_error *error);

/// Throws the error of a failed call. Takes the error by reference, because arguments are evaluated in an unspecified
/// order: the pointer must be read after the call has written it.
inline void check(placet_status status, placet_error *const &error) {
    if (status != PLACET_OK) {
        fail(error);
    }
}

/// Owns a buffer and frees it.
class Buffer {
public:
    Buffer() = default;
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    ~Buffer() { placet_buffer_free(&buffer_); }

    placet_buffer *out() noexcept { return &buffer_; }
    std::string str() const { return std::string(buffer_.data, buffer_.length); }

private:
    placet_buffer buffer_{nullptr, 0};
};

/// True for the character types. signed char and unsigned char count as integers.
template <typename T>
constexpr bool is_character =
#ifdef __cpp_char8_t
    std::is_same_v<T, char8_t> ||
#endif
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char16_t> ||
    std::is_same_v<T, char32_t>;

/// True for the code units of UTF-8.
#ifdef __cpp_char8_t
template <typename T> constexpr bool is_utf8 = std::is_same_v<T, char> || std::is_same_v<T, char8_t>;
template <typename T> constexpr bool is_u8_view = std::is_convertible_v<const T &, std::u8string_view>;
#else
template <typename T> constexpr bool is_utf8 = std::is_same_v<T, char>;
template <typename T> constexpr bool is_u8_view = false;
#endif

template <typename T>
constexpr bool is_text_array = std::is_array_v<T> && is_utf8<std::remove_cv_t<std::remove_extent_t<T>>>;

template <typename T>
constexpr bool is_text_pointer = std::is_pointer_v<T> && is_utf8<std::remove_cv_t<std::remove_pointer_t<T>>>;

template <typename T>
constexpr bool is_text = !std::is_null_pointer_v<T> &&
                         (is_text_array<T> || is_text_pointer<T> || is_u8_view<T> ||
                          std::is_convertible_v<const T &, std::string_view> ||
                          std::is_convertible_v<const T &, std::string>);

/// A view of a text argument, or of a copy if the argument only converts to std::string. Both live until the end of the
/// full expression of the call.
class TextArgument {
public:
    template <typename T, std::enable_if_t<is_text<T>, int> = 0> TextArgument(const T &text) {
        if constexpr (is_text_array<T>) {
            // Unlike a string literal, an array may be full, without a NUL.
            const auto *start = reinterpret_cast<const char *>(text);
            const std::string_view all(start, std::extent_v<T>);
            const std::size_t length = all.substr(0, all.find('\0')).size();
            view(start, length, length < all.size());
        } else if constexpr (is_text_pointer<T>) {
            if (text != nullptr) {
                const auto *start = reinterpret_cast<const char *>(text);
                view(start, std::char_traits<char>::length(start), true);
            }
        } else if constexpr (std::is_same_v<T, std::string>) {
            view(text.data(), text.size(), true);
        } else if constexpr (std::is_convertible_v<const T &, std::string_view>) {
            const std::string_view converted = text;
            view(converted.data(), converted.size(), false);
        } else if constexpr (is_u8_view<T>) {
#ifdef __cpp_char8_t
            const std::u8string_view converted = text;
            view(reinterpret_cast<const char *>(converted.data()), converted.size(), false);
#endif
        } else {
            copy_ = text;
            view(copy_.data(), copy_.size(), true);
        }
    }

    TextArgument(const TextArgument &) = delete;
    TextArgument &operator=(const TextArgument &) = delete;

    /// Returns nullptr for a null pointer, and for a view without data.
    const char *data() const noexcept { return data_; }

    /// Returns the length in bytes; 1 for a null pointer, because the library accepts NULL with length 0.
    std::size_t size() const noexcept { return size_; }

    /// Returns true if the argument was a null pointer.
    bool is_null() const noexcept { return data_ == nullptr && size_ != 0; }

    /// Returns true if a NUL is known to follow.
    bool is_terminated() const noexcept { return is_terminated_; }

private:
    void view(const char *data, std::size_t size, bool is_terminated) noexcept {
        data_ = data;
        size_ = size;
        is_terminated_ = is_terminated;
    }

    const char *data_ = nullptr;
    std::size_t size_ = 1;
    bool is_terminated_ = false;
    std::string copy_;
};

/// Throws std::invalid_argument if a name contains a NUL: C would cut the name there.
inline void check_name(std::string_view name) {
    if (name.find('\0') != std::string_view::npos) {
        throw std::invalid_argument("a name holds a NUL");
    }
}

/// Returns a checked name for C.
inline const char *name(const std::string &name) {
    check_name(name);
    return name.c_str();
}

/// A name argument for C, with a NUL at its end and nowhere else. Copies the text only if no NUL is known to follow it.
class NameArgument {
public:
    template <typename T, std::enable_if_t<is_text<T>, int> = 0> NameArgument(const T &name) : text_(name) {
        if (text_.is_null()) {
            return;
        }
        check_name(std::string_view(text_.data(), text_.size()));
        if (text_.is_terminated()) {
            name_ = text_.data();
        } else {
            copy_.assign(text_.data(), text_.size());
            name_ = copy_.c_str();
        }
    }

    NameArgument(const NameArgument &) = delete;
    NameArgument &operator=(const NameArgument &) = delete;

    /// Returns nullptr for a null pointer.
    const char *c_str() const noexcept { return name_; }

private:
    TextArgument text_;
    std::string copy_;
    const char *name_ = nullptr;
};

// Finds begin by argument-dependent lookup too, like a range-based for loop.
namespace lookup {
using std::begin;
template <typename T> auto first(T &list) -> decltype(begin(list));
} // namespace lookup

/// True for types that a range-based for loop can read.
template <typename T, typename = void> struct IsList : std::false_type {};
template <typename T>
struct IsList<T, std::void_t<decltype(lookup::first(std::declval<T &>()))>> : std::true_type {};

/// True for a list that can be read only if it isn't const, such as a std::views::filter.
template <typename T>
constexpr bool is_mutable_list =
    IsList<std::remove_reference_t<T>>::value && !IsList<const std::remove_reference_t<T>>::value;

/// An array of texts for C. It copies the texts: a range may create its elements while it is read (views::transform, a
/// proxy) or keep only the last one (istream_iterator), and its type doesn't show that.
class TextList {
public:
    template <typename List> explicit TextList(List &list) {
        for (auto &&element : list) {
            add(element);
        }
        // Appending can reallocate bytes_, so the pointers are only stable once all texts are added.
        std::size_t start = 0;
        for (std::size_t index = 0; index < texts_.size(); ++index) {
            if (texts_[index] != nullptr) {
                texts_[index] = bytes_.data() + start;
                start += lengths_[index];
            }
        }
    }

    TextList(const TextList &) = delete;
    TextList &operator=(const TextList &) = delete;

    const char *const *texts() const noexcept { return texts_.data(); }
    const std::size_t *lengths() const noexcept { return lengths_.data(); }
    std::size_t count() const noexcept { return texts_.size(); }

private:
    template <typename T> void add(const T &element) {
        if constexpr (std::is_same_v<T, TextArgument>) {
            if (element.data() != nullptr) {
                bytes_.append(element.data(), element.size());
            }
            lengths_.push_back(element.size());
            // A placeholder: the constructor sets the pointers of texts that aren't null.
            texts_.push_back(element.is_null() ? nullptr : "");
        } else {
            static_assert(is_text<T>, "the elements of a list are texts");
            add(TextArgument(element));
        }
    }

    std::string bytes_;
    std::vector<std::size_t> lengths_;
    std::vector<const char *> texts_;
};

template <typename T> struct IsDuration : std::false_type {};
template <typename Rep, typename Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};

template <typename T> struct IsOptional : std::false_type {};
template <typename T> struct IsOptional<std::optional<T>> : std::true_type {};

} // namespace detail

/// A failure of the library. Derived classes hold more about policies and requests.
class Error : public std::runtime_error {
public:
    explicit Error(const placet_error &error)
        : std::runtime_error(placet_error_message(&error)), status_(placet_error_status(&error)),
          code_(placet_error_code(&error)) {}

    /// Returns one of the PLACET_ statuses.
    placet_status status() const noexcept { return status_; }

    /// Returns a stable code for programs, such as "P0304" or "outside_domain".
    const std::string &code() const noexcept { return code_; }

private:
    placet_status status_;
    std::string code_;
};

/// Thrown for a policy that does not compile. It holds all errors and warnings, in the order of the text.
class CompileError : public Error {
public:
    explicit CompileError(const placet_error &error) : Error(error) {
        const std::size_t count = placet_error_diagnostic_count(&error);
        for (std::size_t index = 0; index < count; ++index) {
            placet_diagnostic found;
            if (placet_error_diagnostic(&error, index, &found) == PLACET_OK) {
                diagnostics_.push_back(detail::diagnostic(found));
            }
        }
    }

    const std::vector<Diagnostic> &diagnostics() const noexcept { return diagnostics_; }

private:
    std::vector<Diagnostic> diagnostics_;
};

/// Thrown for an erroneous request, and for erroneous columns.
class RequestError : public Error {
public:
    explicit RequestError(const placet_error &error)
        : Error(error), attribute_(detail::text(placet_error_attribute(&error))),
          expected_(detail::text(placet_error_expected(&error))),
          column_(detail::text(placet_error_column_name(&error))),
          value_(detail::text(placet_error_value(&error))) {
        const std::int64_t row = placet_error_row(&error);
        if (row >= 0) {
            row_ = row;
        }
    }

    /// Returns the attribute at fault; empty if there is none.
    const std::string &attribute() const noexcept { return attribute_; }

    /// Returns the expectation that a value failed, such as "int 0..150".
    const std::string &expected() const noexcept { return expected_; }

    /// Returns the column of a table at fault; empty if there is none.
    const std::string &column() const noexcept { return column_; }

    /// Returns the row of a table at fault, from 0.
    std::optional<std::int64_t> row() const noexcept { return row_; }

    /// Returns the value in a table at fault; empty if there is none.
    const std::string &value() const noexcept { return value_; }

private:
    std::string attribute_;
    std::string expected_;
    std::string column_;
    std::string value_;
    std::optional<std::int64_t> row_;
};

inline void detail::fail(placet_error *error) {
    const Owner<placet_error, placet_error_free> owned(error);
    switch (placet_error_status(error)) {
    case PLACET_DOES_NOT_COMPILE:
        throw CompileError(*error);
    case PLACET_INVALID_JSON:
    case PLACET_UNKNOWN_ATTRIBUTE:
    case PLACET_DUPLICATE_ATTRIBUTE:
    case PLACET_WRONG_TYPE:
    case PLACET_OUTSIDE_DOMAIN:
    case PLACET_REQUIRED_ATTRIBUTE:
    case PLACET_INVALID_REQUEST:
    case PLACET_UNFIT_COLUMN:
        throw RequestError(*error);
    default:
        throw Error(*error);
    }
}

/// The handle of an attribute of one policy, looked up once. It is cheap to copy.
class Attribute {
public:
    explicit Attribute(placet_attribute raw) noexcept : raw_(raw) {}
    placet_attribute raw() const noexcept { return raw_; }

private:
    placet_attribute raw_;
};

/// A value of an enum or a taxonomy, or a set of such values, looked up once. Copies share it.
class Value {
public:
    explicit Value(placet_value *raw) : owned_(raw, placet_value_free) {}
    const placet_value *raw() const noexcept { return owned_.get(); }

private:
    std::shared_ptr<placet_value> owned_;
};

/// A decision with its reasons. It owns the texts that it returns.
class Decision {
public:
    explicit Decision(placet_decision *raw) noexcept : owned_(raw) {}

    /// Returns the effect.
    Effect effect() const noexcept { return static_cast<Effect>(placet_decision_effect(owned_.get())); }

    /// Returns true only if the effect is allow.
    bool is_allowed() const noexcept { return effect() == Effect::allow; }
    explicit operator bool() const noexcept { return is_allowed(); }

    /// Returns true if a search ended at a limit: see placet_decision_is_approximate.
    bool is_approximate() const noexcept { return placet_decision_is_approximate(owned_.get()); }

    // The lists of the decision: see placet_part.
    std::vector<std::string_view> rules() const & { return list(PLACET_RULES); }
    std::vector<std::string_view> certain() const & { return list(PLACET_CERTAIN); }
    std::vector<std::string_view> cites() const & { return list(PLACET_CITES); }
    std::vector<std::string_view> basis() const & { return list(PLACET_BASIS); }
    std::vector<std::string_view> undecided() const & { return list(PLACET_UNDECIDED); }
    std::vector<std::string_view> missing() const & { return list(PLACET_MISSING); }

    /// Returns the obligations, sorted by name, then by deadline, those without one last.
    std::vector<Obligation> obligations() const & {
        std::vector<Obligation> all;
        const std::size_t count = placet_decision_obligation_count(owned_.get());
        for (std::size_t index = 0; index < count; ++index) {
            placet_obligation due;
            if (placet_decision_obligation(owned_.get(), index, &due) != PLACET_OK) {
                break;
            }
            Obligation one{due.name, std::nullopt, std::nullopt, due.is_certain};
            if (due.text != nullptr) {
                one.text = due.text;
            }
            if (due.has_deadline) {
                one.within = std::chrono::seconds(due.within_seconds);
            }
            all.push_back(one);
        }
        return all;
    }

    // A temporary decision dies before its texts are used, as in `for (… : policy.decide(request).rules())`.
    std::vector<std::string_view> rules() const && = delete;
    std::vector<std::string_view> certain() const && = delete;
    std::vector<std::string_view> cites() const && = delete;
    std::vector<std::string_view> basis() const && = delete;
    std::vector<std::string_view> undecided() const && = delete;
    std::vector<std::string_view> missing() const && = delete;
    std::vector<Obligation> obligations() const && = delete;

    /// Returns the decision as JSON: see placet_decision_to_json.
    std::string to_json() const {
        detail::Buffer json;
        placet_error *error = nullptr;
        detail::check(placet_decision_to_json(owned_.get(), json.out(), &error), error);
        return json.str();
    }

private:
    std::vector<std::string_view> list(placet_part part) const {
        std::vector<std::string_view> all(placet_decision_count(owned_.get(), part));
        for (std::size_t index = 0; index < all.size(); ++index) {
            std::size_t length = 0;
            const char *text = placet_decision_entry(owned_.get(), part, index, &length);
            all[index] = std::string_view(text, length);
        }
        return all;
    }

    detail::Owner<placet_decision, placet_decision_free> owned_;
};

/// A request of one policy: the known values of its attributes. Each set and put returns the request, for chaining.
///
/// A value is a bool; an integer (if unsigned, of at most 32 bits); a float or a double; a text; a range of texts for a
/// set; a Date; a Time or a time_point of std::chrono::system_clock (rounded down to microseconds); a std::chrono
/// duration (truncated to microseconds); an empty std::optional for an unknown value; or, for put, a Value. Other types
/// do not compile.
class Request {
public:
    explicit Request(placet_request *raw) noexcept : owned_(raw) {}
    const placet_request *raw() const noexcept { return owned_.get(); }

    /// Removes all values and keeps the memory for the next ones.
    Request &clear() {
        placet_error *error = nullptr;
        detail::check(placet_request_clear(owned_.get(), &error), error);
        return *this;
    }

    /// Replaces all values with those of a JSON object: see placet_request_fill_from_json.
    Request &fill_from_json(const detail::TextArgument &json) {
        placet_error *error = nullptr;
        detail::check(placet_request_fill_from_json(owned_.get(), json.data(), json.size(), &error), error);
        return *this;
    }

    /// Sets an attribute, by name, and converts the value as in JSON.
    template <typename T> Request &set(const detail::NameArgument &attribute, const T &value) {
        return give(ByName{owned_.get(), attribute.c_str()}, value);
    }

    template <typename List, std::enable_if_t<detail::is_mutable_list<List>, int> = 0>
    Request &set(const detail::NameArgument &attribute, List &&values) {
        return give(ByName{owned_.get(), attribute.c_str()}, values);
    }

    Request &set(const detail::NameArgument &attribute, std::initializer_list<detail::TextArgument> values) {
        return give(ByName{owned_.get(), attribute.c_str()}, values);
    }

    /// Sets an attribute, by handle, to a value of its type.
    template <typename T> Request &put(Attribute attribute, const T &value) {
        return give(ByHandle{owned_.get(), attribute.raw()}, value);
    }

    template <typename List, std::enable_if_t<detail::is_mutable_list<List>, int> = 0>
    Request &put(Attribute attribute, List &&values) {
        return give(ByHandle{owned_.get(), attribute.raw()}, values);
    }

    Request &put(Attribute attribute, std::initializer_list<detail::TextArgument> values) {
        return give(ByHandle{owned_.get(), attribute.raw()}, values);
    }

private:
    struct ByName {
        placet_request *request;
        const char *attribute;
    };

    struct ByHandle {
        placet_request *request;
        placet_attribute attribute;
    };

    /// Calls the set function for a name, and the put function for a handle.
    template <typename Named, typename Handled, typename... Values>
    Request &call(ByName by, Named function, Handled, Values... values) {
        placet_error *error = nullptr;
        detail::check(function(by.request, by.attribute, values..., &error), error);
        return *this;
    }

    template <typename Named, typename Handled, typename... Values>
    Request &call(ByHandle by, Named, Handled function, Values... values) {
        placet_error *error = nullptr;
        detail::check(function(by.request, by.attribute, values..., &error), error);
        return *this;
    }

    /// Sets an attribute to a value by the function for its type.
    template <typename By, typename Argument> Request &give(By by, Argument &value) {
        using namespace std::chrono;
        using T = std::remove_const_t<Argument>;
        static_assert(!std::is_null_pointer_v<T>, "null is std::nullopt");
        if constexpr (detail::IsOptional<T>::value) {
            return value.has_value() ? give(by, *value) : give(by, std::nullopt);
        } else if constexpr (std::is_same_v<T, std::nullopt_t>) {
            return call(by, placet_request_set_null, placet_request_put_null);
        } else if constexpr (std::is_same_v<T, Value>) {
            static_assert(std::is_same_v<By, ByHandle>, "a looked-up value is put by handle");
            placet_error *error = nullptr;
            detail::check(placet_request_put_value(by.request, by.attribute, value.raw(), &error), error);
            return *this;
        } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::vector<bool>::reference>) {
            return call(by, placet_request_set_bool, placet_request_put_bool, static_cast<bool>(value));
        } else if constexpr (std::is_integral_v<T> && !detail::is_character<T>) {
            static_assert(std::is_signed_v<T> || sizeof(T) < sizeof(std::int64_t),
                          "an int of a policy is signed: say how the value becomes one");
            return call(by, placet_request_set_int, placet_request_put_int, std::int64_t{value});
        } else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
            return call(by, placet_request_set_number, placet_request_put_number, double{value});
        } else if constexpr (std::is_same_v<T, Date>) {
            return call(by, placet_request_set_date, placet_request_put_date, value.days);
        } else if constexpr (std::is_same_v<T, Time>) {
            return call(by, placet_request_set_time, placet_request_put_time, value.micros);
        } else if constexpr (detail::IsDuration<T>::value) {
            return call(by, placet_request_set_duration, placet_request_put_duration, micros(value, false));
        } else if constexpr (std::is_convertible_v<T, system_clock::time_point>) {
            const auto since = system_clock::time_point(value).time_since_epoch();
            return call(by, placet_request_set_time, placet_request_put_time, micros(since, true));
        } else if constexpr (detail::is_text<T>) {
            const detail::TextArgument text(value);
            return call(by, placet_request_set_text, placet_request_put_text, text.data(), text.size());
        } else {
            static_assert(detail::IsList<Argument>::value, "not a type of value: see Request");
            const detail::TextList list(value);
            return call(by, placet_request_set_texts, placet_request_put_texts, list.texts(), list.lengths(),
                        list.count());
        }
    }

    /// Converts a duration to microseconds, or throws std::out_of_range if they exceed 64 bits.
    template <typename Rep, typename Period>
    static std::int64_t micros(std::chrono::duration<Rep, Period> duration, bool towards_the_past) {
        using namespace std::chrono;
        using Micros = std::chrono::duration<std::int64_t, std::micro>;
        using Exact = std::chrono::duration<long double, std::micro>;
        const Exact exact(duration);
        // Both limits are powers of two, which floating-point numbers hold exactly. The negated test also rejects NaN.
        if (!(exact.count() >= -0x1p63L && exact.count() < 0x1p63L)) {
            throw std::out_of_range("a time or a duration that microseconds can't count");
        }
        return towards_the_past ? floor<Micros>(duration).count() : duration_cast<Micros>(duration).count();
    }

    detail::Owner<placet_request, placet_request_free> owned_;
};

/// A compiled policy. Copies share it, also between threads.
class Policy {
public:
    /// Opens a policy from a file: a text or a saved policy.
    [[nodiscard]] static Policy open(const std::filesystem::path &path) {
        // A string of char in C++17, and of char8_t since C++20.
        const auto utf8 = path.u8string();
        const detail::NameArgument name(utf8);
        return made([&](placet_policy **policy, placet_error **error) {
            return placet_policy_open(name.c_str(), policy, error);
        });
    }

    /// Opens a policy like the other overload. A null pointer, from which no path can be made, is an Error.
    template <typename Char> [[nodiscard]] static Policy open(const Char *path) {
        if (path == nullptr) {
            return made([](placet_policy **policy, placet_error **error) {
                return placet_policy_open(nullptr, policy, error);
            });
        }
        return open(std::filesystem::path(path));
    }

    /// Compiles a text that imports nothing.
    [[nodiscard]] static Policy from_text(const detail::TextArgument &text) {
        return made([&](placet_policy **policy, placet_error **error) {
            return placet_policy_from_text(text.data(), text.size(), policy, error);
        });
    }

    /// Loads a policy that save returned.
    [[nodiscard]] static Policy from_bytes(const detail::TextArgument &saved) {
        return made([&](placet_policy **policy, placet_error **error) {
            const auto *bytes = reinterpret_cast<const std::uint8_t *>(saved.data());
            return placet_policy_from_bytes(bytes, saved.size(), policy, error);
        });
    }

    /// Returns the compiled policy as bytes, for from_bytes.
    std::string save() const {
        detail::Buffer saved;
        placet_error *error = nullptr;
        detail::check(placet_policy_save(raw(), saved.out(), &error), error);
        return saved.str();
    }

    /// Returns the name of the policy.
    std::string name() const { return detail::text(placet_policy_name(raw())); }

    /// Returns the version in the header of the policy, if it has one.
    std::optional<std::string> version() const {
        const char *version = placet_policy_version(raw());
        return version == nullptr ? std::nullopt : std::optional<std::string>(version);
    }

    /// Returns the hash that identifies the policy, in hexadecimal.
    std::string hash() const { return detail::text(placet_policy_hash(raw())); }

    /// Returns the warnings from compiling; none for a loaded policy.
    std::vector<Diagnostic> warnings() const {
        std::vector<Diagnostic> all;
        const std::size_t count = placet_policy_warning_count(raw());
        for (std::size_t index = 0; index < count; ++index) {
            placet_diagnostic found;
            if (placet_policy_warning(raw(), index, &found) == PLACET_OK) {
                all.push_back(detail::diagnostic(found));
            }
        }
        return all;
    }

    /// Looks up an attribute by its dotted name.
    Attribute attribute(const detail::NameArgument &name) const {
        placet_attribute attribute;
        placet_error *error = nullptr;
        detail::check(placet_policy_attribute(raw(), name.c_str(), &attribute, &error), error);
        return Attribute(attribute);
    }

    /// Looks up a value by its name, or a set by the names of its members, for attributes of the type of this one.
    template <typename T> Value value(Attribute attribute, const T &names) const {
        if constexpr (detail::is_text<T>) {
            return value(attribute, {names});
        } else {
            return value_of(attribute, names);
        }
    }

    template <typename List, std::enable_if_t<detail::is_mutable_list<List>, int> = 0>
    Value value(Attribute attribute, List &&names) const {
        return value_of(attribute, names);
    }

    Value value(Attribute attribute, std::initializer_list<detail::TextArgument> names) const {
        return value_of(attribute, names);
    }

    /// Creates an empty request.
    Request request() const {
        placet_request *request = nullptr;
        placet_error *error = nullptr;
        detail::check(placet_request_new(raw(), &request, &error), error);
        return Request(request);
    }

    /// Returns true only if the request is proven to be allowed; false for every other effect, and for an error.
    [[nodiscard]] bool is_allowed(const Request &request) const noexcept {
        return placet_policy_is_allowed(raw(), request.raw());
    }

    /// Decides a request, without reasons.
    [[nodiscard]] Effect effect(const Request &request) const {
        placet_effect effect = PLACET_INDETERMINATE;
        placet_error *error = nullptr;
        detail::check(placet_policy_effect(raw(), request.raw(), &effect, &error), error);
        return static_cast<Effect>(effect);
    }

    /// Decides a JSON object, without reasons.
    [[nodiscard]] Effect effect_json(const detail::TextArgument &json) const {
        placet_effect effect = PLACET_INDETERMINATE;
        placet_error *error = nullptr;
        detail::check(placet_policy_effect_json(raw(), json.data(), json.size(), &effect, &error), error);
        return static_cast<Effect>(effect);
    }

    /// Decides a request, with all reasons.
    [[nodiscard]] Decision decide(const Request &request) const {
        placet_decision *decision = nullptr;
        placet_error *error = nullptr;
        detail::check(placet_policy_decide(raw(), request.raw(), &decision, &error), error);
        return Decision(decision);
    }

    /// Decides a JSON object, with all reasons.
    [[nodiscard]] Decision decide_json(const detail::TextArgument &json) const {
        placet_decision *decision = nullptr;
        placet_error *error = nullptr;
        detail::check(placet_policy_decide_json(raw(), json.data(), json.size(), &decision, &error), error);
        return Decision(decision);
    }

    /// Decides a request and explains the decision, as JSON: see placet_policy_explain.
    [[nodiscard]] std::string explain(const Request &request) const {
        return written([&](placet_buffer *json, placet_error **error) {
            return placet_policy_explain(raw(), request.raw(), json, error);
        });
    }

    /// Returns the regions of some attributes' values with the same answer, as JSON: see placet_query_json.
    [[nodiscard]] std::string query_json(const detail::TextArgument &json,
                                         const std::vector<std::string> &over) const {
        const detail::TextList names(over);
        return written([&](placet_buffer *out, placet_error **error) {
            return placet_query_json(raw(), json.data(), json.size(), names.texts(), names.lengths(), names.count(), out,
                                     error);
        });
    }

    /// Returns the regions whose answer differs between two requests, as JSON: see placet_query_changes_json.
    [[nodiscard]] std::string query_changes_json(const detail::TextArgument &before, const detail::TextArgument &after,
                                                 const std::vector<std::string> &over) const {
        const detail::TextList names(over);
        return written([&](placet_buffer *out, placet_error **error) {
            return placet_query_changes_json(raw(), before.data(), before.size(), after.data(), after.size(),
                                             names.texts(), names.lengths(), names.count(), out, error);
        });
    }

    /// Returns the answers along the values of an ordered attribute, as JSON: see placet_timeline_json.
    [[nodiscard]] std::string timeline_json(const detail::TextArgument &json, const std::string &attribute) const {
        return written([&](placet_buffer *out, placet_error **error) {
            return placet_timeline_json(raw(), json.data(), json.size(), attribute.c_str(), out, error);
        });
    }

    /// Returns the next change of the effect, as JSON: see placet_next_change_json.
    [[nodiscard]] std::string next_change_json(const detail::TextArgument &json, const std::string &attribute) const {
        return written([&](placet_buffer *out, placet_error **error) {
            return placet_next_change_json(raw(), json.data(), json.size(), attribute.c_str(), out, error);
        });
    }

    /// Returns the answers for the values of two attributes, as JSON: see placet_matrix_json.
    [[nodiscard]] std::string matrix_json(const detail::TextArgument &json, const std::string &row,
                                          const std::string &column) const {
        return written([&](placet_buffer *out, placet_error **error) {
            return placet_matrix_json(raw(), json.data(), json.size(), row.c_str(), column.c_str(), out, error);
        });
    }

    /// Returns the difference to a newer policy, as JSON: see placet_diff_json.
    [[nodiscard]] std::string diff_json(const Policy &newer) const {
        return written([&](placet_buffer *out, placet_error **error) {
            return placet_diff_json(raw(), newer.raw(), out, error);
        });
    }

    const placet_policy *raw() const noexcept { return owned_.get(); }

private:
    explicit Policy(placet_policy *raw) : owned_(raw, placet_policy_free) {}

    template <typename List> Value value_of(Attribute attribute, List &names) const {
        static_assert(detail::IsList<List>::value, "names are a text or a range of texts");
        const detail::TextList list(names);
        placet_value *value = nullptr;
        placet_error *error = nullptr;
        const placet_status status = placet_policy_value(raw(), attribute.raw(), list.texts(), list.lengths(),
                                                         list.count(), &value, &error);
        detail::check(status, error);
        return Value(value);
    }

    template <typename Write> static std::string written(Write write) {
        detail::Buffer text;
        placet_error *error = nullptr;
        detail::check(write(text.out(), &error), error);
        return text.str();
    }

    template <typename Make> static Policy made(Make make) {
        placet_policy *policy = nullptr;
        placet_error *error = nullptr;
        detail::check(make(&policy, &error), error);
        return Policy(policy);
    }

    std::shared_ptr<placet_policy> owned_;
};

/// A policy, bound to the fields of a struct. Copies share it, also between threads.
template <typename Record> class Bound {
public:
    /// Binds a policy to fields whose offsets are those in Record: see placet_bind.
    Bound(const Policy &policy, const std::vector<placet_field> &fields) {
        placet_bound *bound = nullptr;
        placet_error *error = nullptr;
        detail::check(placet_bind(policy.raw(), fields.data(), fields.size(), &bound, &error), error);
        owned_.reset(bound, placet_bound_free);
    }

    /// Returns true only if the record is proven to be allowed; false for every other effect, and for an error.
    [[nodiscard]] bool is_allowed(const Record &record) const noexcept {
        return placet_bound_is_allowed(raw(), &record);
    }

    /// Decides a record, without reasons.
    [[nodiscard]] Effect effect(const Record &record) const {
        placet_effect effect = PLACET_INDETERMINATE;
        placet_error *error = nullptr;
        detail::check(placet_bound_effect(raw(), &record, &effect, &error), error);
        return static_cast<Effect>(effect);
    }

    /// Decides a record, with all reasons.
    [[nodiscard]] Decision decide(const Record &record) const {
        placet_decision *decision = nullptr;
        placet_error *error = nullptr;
        detail::check(placet_bound_decide(raw(), &record, &decision, &error), error);
        return Decision(decision);
    }

    const placet_bound *raw() const noexcept { return owned_.get(); }

private:
    std::shared_ptr<placet_bound> owned_;
};

/// Owns one of Arrow's structs and releases it.
template <typename T> class Arrow {
public:
    /// Creates an owner of nothing, into which a function can write.
    Arrow() noexcept : raw_{} {}

    /// Moves the struct from its holder.
    explicit Arrow(T &taken) noexcept : raw_(taken) { taken.release = nullptr; }

    Arrow(Arrow &&other) noexcept : Arrow(other.raw_) {}

    Arrow &operator=(Arrow &&other) noexcept {
        if (this != &other) {
            reset();
            raw_ = other.raw_;
            other.raw_.release = nullptr;
        }
        return *this;
    }

    Arrow(const Arrow &) = delete;
    Arrow &operator=(const Arrow &) = delete;
    ~Arrow() { reset(); }

    /// Returns true if it owns something.
    explicit operator bool() const noexcept { return raw_.release != nullptr; }

    /// Returns the struct, to read it or to move it elsewhere; if it owns nothing, also to write to it.
    T *get() noexcept { return &raw_; }
    const T *get() const noexcept { return &raw_; }
    T *operator->() noexcept { return &raw_; }
    const T *operator->() const noexcept { return &raw_; }

private:
    void reset() noexcept {
        if (raw_.release != nullptr) {
            raw_.release(&raw_);
        }
    }

    T raw_;
};

using Schema = Arrow<ArrowSchema>;
using Array = Arrow<ArrowArray>;
using ArrayStream = Arrow<ArrowArrayStream>;

/// A batch and its schema.
struct Batch {
    Array array;
    Schema schema;
};

/// The options of a bound policy: see placet_options.
struct Options {
    std::vector<std::pair<std::string, std::string>> columns; ///< attributes, and the columns of their values
    std::string constants;                                    ///< a JSON object; empty if there are none
    std::size_t threads = 1;
    bool rules = false;
    bool certain = false;
    bool clauses = false;
    bool obligations = false;
    bool missing = false;
    bool ignore_unknown = false;
    bool null_on_error = false;
    bool trusted = false;
};

/// Counts of decided rows. Copies share it, also between threads.
class Tally {
public:
    Tally() {
        placet_tally *tally = nullptr;
        placet_error *error = nullptr;
        detail::check(placet_tally_new(&tally, &error), error);
        owned_.reset(tally, placet_tally_free);
    }

    /// Returns the counts so far.
    placet_counts counts() const noexcept { return placet_tally_counts(owned_.get()); }

    /// Returns the counts, the determining rules and the first faults as JSON: see placet_tally_to_json.
    std::string to_json() const {
        detail::Buffer json;
        placet_error *error = nullptr;
        detail::check(placet_tally_to_json(owned_.get(), json.out(), &error), error);
        return json.str();
    }

    placet_tally *raw() const noexcept { return owned_.get(); }

private:
    std::shared_ptr<placet_tally> owned_;
};

/// A policy, bound to the columns of a schema. Copies share it, also between threads.
class BoundPolicy {
public:
    /// Binds a policy to a schema, which must be a struct type and stays the caller's.
    BoundPolicy(const Policy &policy, const ArrowSchema &schema, const Options &options = {}) {
        std::vector<placet_column> columns;
        for (const auto &[attribute, column] : options.columns) {
            columns.push_back({detail::name(attribute), detail::name(column)});
        }
        placet_options raw = PLACET_OPTIONS_INIT;
        raw.columns = columns.data();
        raw.column_count = columns.size();
        raw.constants = options.constants.empty() ? nullptr : detail::name(options.constants);
        raw.threads = options.threads;
        raw.rules = options.rules;
        raw.certain = options.certain;
        raw.clauses = options.clauses;
        raw.obligations = options.obligations;
        raw.missing = options.missing;
        raw.ignore_unknown = options.ignore_unknown;
        raw.null_on_error = options.null_on_error;
        raw.trusted = options.trusted;
        placet_bound_policy *binding = nullptr;
        placet_error *error = nullptr;
        detail::check(placet_bound_policy_new(policy.raw(), &schema, &raw, &binding, &error), error);
        owned_.reset(binding, placet_bound_policy_free);
    }

    /// Decides each row of a batch: see placet_bound_policy_decide.
    [[nodiscard]] Batch decide(Array batch) const { return batch_of(placet_bound_policy_decide, batch, nullptr); }
    [[nodiscard]] Batch decide(Array batch, const Tally &tally) const {
        return batch_of(placet_bound_policy_decide, batch, tally.raw());
    }

    /// Returns the allowed rows of a batch.
    [[nodiscard]] Batch filter(Array batch) const { return batch_of(placet_bound_policy_filter, batch, nullptr); }
    [[nodiscard]] Batch filter(Array batch, const Tally &tally) const {
        return batch_of(placet_bound_policy_filter, batch, tally.raw());
    }

    /// Decides the batches of a stream, as the returned stream is read.
    [[nodiscard]] ArrayStream decide(ArrayStream stream) const {
        return stream_of(placet_bound_policy_decide_stream, stream, nullptr);
    }
    [[nodiscard]] ArrayStream decide(ArrayStream stream, const Tally &tally) const {
        return stream_of(placet_bound_policy_decide_stream, stream, tally.raw());
    }

    /// Returns the allowed rows of a stream, as the returned stream is read.
    [[nodiscard]] ArrayStream filter(ArrayStream stream) const {
        return stream_of(placet_bound_policy_filter_stream, stream, nullptr);
    }
    [[nodiscard]] ArrayStream filter(ArrayStream stream, const Tally &tally) const {
        return stream_of(placet_bound_policy_filter_stream, stream, tally.raw());
    }

    const placet_bound_policy *raw() const noexcept { return owned_.get(); }

private:
    template <typename Call> Batch batch_of(Call call, Array &batch, placet_tally *tally) const {
        Batch out;
        placet_error *error = nullptr;
        detail::check(call(raw(), batch.get(), out.array.get(), out.schema.get(), tally, &error), error);
        return out;
    }

    template <typename Call> ArrayStream stream_of(Call call, ArrayStream &stream, placet_tally *tally) const {
        ArrayStream out;
        placet_error *error = nullptr;
        detail::check(call(raw(), stream.get(), out.get(), tally, &error), error);
        return out;
    }

    std::shared_ptr<placet_bound_policy> owned_;
};

} // namespace placet

#endif // PLACET_HPP
