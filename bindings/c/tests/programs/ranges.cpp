// Tests texts and lists of texts of every type: ranges that create their elements while they are read, that overwrite
// them, or that change; and null pointers, alone and in lists. The policy allows public data, and denies secret data.

#include <placet.hpp>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <list>
#include <set>
#include <sstream>
#include <string>
#include <vector>

// clang before 16 does not compile the views of libstdc++.
#if __cplusplus >= 202002L && (!defined(__clang__) || __clang_major__ >= 16)
#include <ranges>
#define HAS_VIEWS
#endif

#define CHECK(condition)                                                                              \
    do {                                                                                              \
        if (!(condition)) {                                                                           \
            std::cerr << __FILE__ << ':' << __LINE__ << ": " << #condition << '\n';                   \
            std::exit(EXIT_FAILURE);                                                                  \
        }                                                                                             \
    } while (false)

namespace {

constexpr const char *text = R"(
    policy labelled
    request { labels: set? of { public, secret, a_rather_long_label_that_no_string_keeps_inside }  words: set? of string
              word: string  flag: bool }
    rule open { allow when all labels in { public, a_rather_long_label_that_no_string_keeps_inside } })";

constexpr const char *longest = "a_rather_long_label_that_no_string_keeps_inside";

std::string label(int number) { return number == 0 ? "public" : number == 1 ? "secret" : longest; }

// Yields strings by value, and is read once.
struct Making {
    struct Iterator {
        using iterator_category = std::input_iterator_tag;
        using value_type = std::string;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = std::string;
        const int *number;
        std::string operator*() const { return label(*number); }
        Iterator &operator++() { return ++number, *this; }
        bool operator!=(const Iterator &other) const { return number != other.number; }
    };
    const std::vector<int> &numbers;
    Iterator begin() const { return {numbers.data()}; }
    Iterator end() const { return {numbers.data() + numbers.size()}; }
};

// Yields references to one string, which it overwrites.
struct Overwriting {
    struct Iterator {
        const int *number;
        std::string *last;
        const std::string &operator*() const { return *last = label(*number); }
        Iterator &operator++() { return ++number, *this; }
        bool operator!=(const Iterator &other) const { return number != other.number; }
    };
    const std::vector<int> &numbers;
    mutable std::string last{};
    Iterator begin() const { return {numbers.data(), &last}; }
    Iterator end() const { return {numbers.data() + numbers.size(), &last}; }
};

// Yields proxies that become strings, or views.
template <typename Text> struct Proxies {
    struct Proxy {
        const std::string *text;
        operator Text() const { return *text; }
    };
    struct Iterator {
        const std::string *text;
        Proxy operator*() const { return {text}; }
        Iterator &operator++() { return ++text, *this; }
        bool operator!=(const Iterator &other) const { return text != other.text; }
    };
    const std::vector<std::string> &texts;
    Iterator begin() const { return {texts.data()}; }
    Iterator end() const { return {texts.data() + texts.size()}; }
};

// Can only be read while it changes.
struct Changing : Making {
    int reads = 0;
    Iterator begin() { return ++reads, Making::begin(); }
    Iterator end() { return Making::end(); }
};

class Labels {
public:
    Labels() : policy_(placet::Policy::from_text(text)), request_(policy_.request()) {}

    // Returns the effect of a list, and checks that it is the same by name and as a looked-up set.
    template <typename List> placet::Effect effect(List &&list) {
        request_.clear().set("labels", list);
        const auto by_name = policy_.effect(request_);
        const auto handle = policy_.attribute("labels");
        request_.clear().put(handle, policy_.value(handle, list));
        CHECK(policy_.effect(request_) == by_name);
        request_.set("words", list).put(policy_.attribute("words"), list);
        return by_name;
    }

    template <typename List> void allows(List &&list) { CHECK(effect(list) == placet::Effect::allow); }
    template <typename List> void denies(List &&list) { CHECK(effect(list) == placet::Effect::deny); }

    placet::Policy &policy() { return policy_; }
    placet::Request &request() { return request_; }

private:
    placet::Policy policy_;
    placet::Request request_;
};

void lists() {
    Labels labels;
    const std::vector<int> open{0, 2, 0, 2}, closed{0, 1}, twice{2, 1, 2}, none;
    labels.allows(Making{open});
    labels.denies(Making{closed});
    labels.denies(Making{twice});
    labels.allows(Making{none}); // an empty set
    labels.allows(Overwriting{open});
    labels.denies(Overwriting{closed});
    labels.denies(Overwriting{twice});
    Changing changing{{closed}};
    labels.denies(changing);
    CHECK(changing.reads == 4);

    const std::vector<std::string> strings{"public", longest, "secret"};
    const std::vector<std::string> fine{"public", longest};
    labels.denies(strings);
    labels.allows(fine);
    labels.denies(Proxies<std::string>{strings});
    labels.allows(Proxies<std::string>{fine});
    labels.denies(Proxies<std::string_view>{strings});
    labels.allows(Proxies<std::string_view>{fine});
    labels.denies(std::set<std::string>(strings.begin(), strings.end()));
    labels.denies(std::list<std::string_view>(strings.begin(), strings.end()));
    std::string array[] = {"public", "secret"};
    labels.denies(array);
    const char *pointers[] = {"public", "public"};
    labels.allows(pointers);
    labels.denies(std::vector<const char *>{"public", "secret"});
    const char full[][6] = {{'p', 'u', 'b', 'l', 'i', 'c'}, {'s', 'e', 'c', 'r', 'e', 't'}};
    labels.denies(full);
    labels.request().clear().set("labels", {"public", std::string("secret"), std::string_view("public")});
    CHECK(labels.policy().effect(labels.request()) == placet::Effect::deny);
    labels.request().set("labels", {});
    CHECK(labels.policy().is_allowed(labels.request()));

#ifdef HAS_VIEWS
    labels.allows(open | std::views::transform(label));
    labels.denies(closed | std::views::transform(label));
    labels.denies(twice | std::views::transform(label) | std::views::take(2));
    labels.denies(strings | std::views::filter([](const std::string &one) { return one != "public"; }));
    labels.allows(strings | std::views::filter([](const std::string &one) { return one != "secret"; }));
    std::istringstream words("public secret public");
    labels.request().clear().set("labels", std::views::istream<std::string>(words));
    CHECK(labels.policy().effect(labels.request()) == placet::Effect::deny);
#endif
}

void texts() {
    Labels labels;
    auto &request = labels.request();
    const std::string name = "word";
    char mutable_text[] = "SG";
    const char unterminated[] = {'S', 'G'};
    request.set(name, name).set(std::string_view("wordless").substr(0, 4), "SG").set("word", mutable_text);
    request.set("word", unterminated).set("word", label(2)).set("word", std::string_view());
    const std::vector<std::string> one{longest};
    const std::vector<int> numbers{2};
    request.set("word", *Proxies<std::string>{one}.begin()).set("word", *Making{numbers}.begin());
    request.set("word", std::optional<std::string>(longest));
    std::vector<bool> flags{true};
    request.set("flag", flags[0]).put(labels.policy().attribute("flag"), flags.front());
    struct {
        bool flag : 1;
    } bits{true};
    request.set("flag", bits.flag);
#ifdef __cpp_char8_t
    const std::vector<std::u8string> texts{u8"public", u8"secret"};
    request.set(u8"word", u8"é").set("word", std::u8string(u8"é")).set("labels", texts);
    CHECK(labels.policy().effect(request) == placet::Effect::deny);
#endif
}

template <typename Work> void is_null(Work work) {
    try {
        work();
    } catch (const placet::Error &error) {
        CHECK(error.status() == PLACET_NULL_ARGUMENT && error.code() == "null_argument");
        return;
    }
    std::cerr << "no exception\n";
    std::exit(EXIT_FAILURE);
}

void nulls() {
    Labels labels;
    auto &policy = labels.policy();
    auto &request = labels.request();
    const char *const null = std::getenv("PLACET_HAS_NO_SUCH_VARIABLE");
    CHECK(null == nullptr);
    const auto word = policy.attribute("word"), words = policy.attribute("words"), set = policy.attribute("labels");
    is_null([&] { request.set("word", null); });
    is_null([&] { request.set("word", std::getenv("PLACET_HAS_NO_SUCH_VARIABLE")); });
    is_null([&] { request.set("word", std::optional<const char *>(null)); });
    is_null([&] { request.put(word, null); });
    is_null([&] { request.set(null, "x"); });
    const char *const array[] = {"public", null};
    const std::vector<const char *> vector{null, "public"};
    is_null([&] { request.set("labels", array); });
    is_null([&] { request.set("labels", vector); });
    is_null([&] { request.put(words, array); });
    is_null([&] { request.set("labels", {"public", null}); });
    is_null([&] { request.put(words, {null}); });
    is_null([&] { static_cast<void>(policy.value(set, null)); });
    is_null([&] { static_cast<void>(policy.value(set, vector)); });
    is_null([&] { static_cast<void>(policy.value(set, {"public", null})); });
    is_null([&] { static_cast<void>(policy.attribute(null)); });
    is_null([&] { request.fill_from_json(null); });
    is_null([&] { static_cast<void>(policy.effect_json(null)); });
    is_null([&] { static_cast<void>(policy.decide_json(null)); });
    is_null([&] { static_cast<void>(placet::Policy::open(null)); });
    is_null([&] { static_cast<void>(placet::Policy::from_text(null)); });
    is_null([&] { static_cast<void>(placet::Policy::from_bytes(null)); });
#ifdef __cpp_char8_t
    const char8_t *const null8 = nullptr;
    is_null([&] { request.set("word", null8); });
    is_null([&] { static_cast<void>(placet::Policy::open(null8)); });
#endif
}

void paths() {
    for (const std::filesystem::path &path : {std::filesystem::path("/absent/é"), std::filesystem::path("/absent")}) {
        try {
            static_cast<void>(placet::Policy::open(path));
            CHECK(false);
        } catch (const placet::Error &error) {
            CHECK(error.status() == PLACET_UNREADABLE);
        }
    }
    try {
        static_cast<void>(placet::Policy::open(std::filesystem::path(std::string("/absent\0x", 9))));
        CHECK(false);
    } catch (const std::invalid_argument &) {
    }
}

} // namespace

int main() {
    lists();
    texts();
    nulls();
    paths();
    return 0;
}
