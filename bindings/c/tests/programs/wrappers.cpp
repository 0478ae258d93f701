// Tests the C++ header: all types of values, all exceptions, copies and moves, and threads that share a policy.

#include <placet.hpp>

#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <thread>
#include <type_traits>

#define CHECK(condition)                                                                              \
    do {                                                                                              \
        if (!(condition)) {                                                                           \
            std::cerr << __FILE__ << ':' << __LINE__ << ": " << #condition << '\n';                   \
            std::exit(EXIT_FAILURE);                                                                  \
        }                                                                                             \
    } while (false)

namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr const char *text = R"(
    policy everything
    taxonomy Data { contact { email, phone } clicks }
    request {
      flag: bool  age: int 0..150  score: number  country: string  data: set of Data  labels: set? of string
      day: date  at: time  length: duration  kind: { a, b }
    }
    rule go {
      cite "§1"
      allow when flag and age >= 18 and score > 0.5 and country is "SG" and all data in contact and "x" in labels
        and day < 2026-01-02 and at < 2026-01-02T00:00:00Z and length in 1 hours..2 hours and kind is a
      oblige log within 2 hours "soon"
      oblige tell
    })";

template <typename Failure, typename Work> Failure fails(Work work) {
    try {
        work();
    } catch (const Failure &failure) {
        return failure;
    }
    std::cerr << "no exception\n";
    std::exit(EXIT_FAILURE);
}

void fill(const placet::Policy &policy, placet::Request &request) {
    const std::string country = "SG";
    const std::vector<std::string> labels{"x", "y"};
    const auto at = system_clock::from_time_t(1767225600);
    request.clear().set("flag", true).set("age", 18).set("score", 0.75F).set("country", country);
    request.set("data", {"email", "phone"}).set("labels", labels).set("day", placet::Date{20454});
    request.set("at", at).set("length", 90min).set("kind", "a");
    CHECK(policy.is_allowed(request));
    CHECK(policy.effect(request) == placet::Effect::allow);

    request.clear();
    request.put(policy.attribute("flag"), true).put(policy.attribute("age"), std::optional<std::uint8_t>(18));
    request.put(policy.attribute("score"), 0.75).put(policy.attribute("country"), "SG");
    const auto data = policy.attribute("data");
    request.put(data, policy.value(data, {"email", "phone"})).put(policy.attribute("labels"), {"x"});
    request.put(policy.attribute("day"), placet::Date{20454}).put(policy.attribute("at"), placet::Time{0});
    request.put(policy.attribute("length"), std::chrono::duration<double>(3600.5));
    const auto kind = policy.attribute("kind");
    request.put(kind, policy.value(kind, "a"));
    CHECK(policy.is_allowed(request));
}

void decisions(const placet::Policy &policy, placet::Request &request) {
    auto decision = policy.decide(request);
    CHECK(decision && decision.is_allowed() && !decision.is_approximate());
    CHECK(decision.rules() == std::vector<std::string_view>{"go"} && decision.certain() == decision.rules());
    CHECK(decision.cites() == std::vector<std::string_view>{"§1"});
    CHECK(decision.basis().empty() && decision.undecided().empty() && decision.missing().empty());
    const auto due = decision.obligations();
    CHECK(due.size() == 2 && due[0].name == "log" && due[0].text == "soon" && due[0].within == 2h);
    CHECK(due[1].name == "tell" && !due[1].text && !due[1].within && due[1].is_certain);
    CHECK(policy.decide_json(R"({"flag": false})").effect() == placet::Effect::deny);
    CHECK(policy.effect_json(R"({"flag": true})") == placet::Effect::indeterminate);
    const auto partial = placet::Policy::from_text(
        "policy p request { age: int 0..150  flag: bool }"
        "rule minor { deny when age < 18 } rule flagged { deny when flag }");
    const auto denial = partial.decide_json(R"({"age": 15})");
    CHECK((denial.rules() == std::vector<std::string_view>{"flagged", "minor"}));
    CHECK(denial.certain() == std::vector<std::string_view>{"minor"});
    // Minors are denied whatever the flag is; others only if it is set.
    const auto regions = partial.query_json(R"({"flag": false})", {"age"});
    CHECK(regions.find(R"("effect":"deny","rules":["minor"])") != std::string::npos);
    CHECK(regions.find(R"("complete":true)") != std::string::npos);
    CHECK(partial.next_change_json(R"({"age": 20})", "age") == "null");
    CHECK(partial.matrix_json("{}", "age", "flag").find(R"("row_attribute":"age")") != std::string::npos);
    const auto wider = placet::Policy::from_text(
        "policy p request { age: int 0..150  flag: bool }"
        "rule minor { deny when age < 18 } rule flagged { deny when flag } rule adult { allow when age >= 18 }");
    const auto timeline = wider.timeline_json(R"({"flag": false})", "age");
    CHECK(timeline.find(R"("values":{"ranges":[[0,17]]},"effect":"deny")") != std::string::npos);
    CHECK(timeline.find(R"("values":{"ranges":[[18,150]]},"effect":"allow")") != std::string::npos);
    const auto unordered = fails<placet::RequestError>([&] { static_cast<void>(wider.timeline_json("{}", "flag")); });
    CHECK(unordered.status() == PLACET_INVALID_REQUEST);
    const auto stops = wider.query_changes_json(R"({"flag": false})", R"({"flag": true})", {"age"});
    CHECK(stops.find(R"("where":{"age":{"ranges":[[18,150]]}},"before":{"effect":"allow")") != std::string::npos);
    CHECK(partial.diff_json(partial).find(R"("is_same":true)") != std::string::npos);
    const auto difference = partial.diff_json(wider);
    CHECK(difference.find(R"("from":"deny","to":"allow","rules":["adult"])") != std::string::npos);
    const auto unknown = fails<placet::RequestError>([&] { static_cast<void>(partial.query_json("{}", {"agee"})); });
    CHECK(unknown.status() == PLACET_UNKNOWN_ATTRIBUTE);
    const auto twice =
        fails<placet::RequestError>([&] { static_cast<void>(partial.query_json("{}", {"age", "age"})); });
    CHECK(twice.status() == PLACET_DUPLICATE_ATTRIBUTE);
    const auto absent = fails<placet::RequestError>([&] { static_cast<void>(partial.next_change_json("{}", "age")); });
    CHECK(absent.status() == PLACET_INVALID_REQUEST);
    CHECK(decision.to_json().find(R"("effect":"allow")") != std::string::npos);
    CHECK(policy.explain(request).find(R"("name":"go")") != std::string::npos);

    request.set("age", std::nullopt).set("score", std::optional<double>());
    decision = policy.decide(request);
    CHECK(!decision && decision.effect() == placet::Effect::indeterminate);
    CHECK((decision.missing() == std::vector<std::string_view>{"age", "score"}));
    request.fill_from_json("{}");
    decision = policy.decide(request);
    CHECK(decision.missing().size() == 10);
}

void failures(const placet::Policy &policy, placet::Request &request) {
    const auto refused = fails<placet::RequestError>([&] { request.set("age", 151); });
    CHECK(refused.attribute() == "age" && refused.expected() == "int 0..150");
    CHECK(refused.status() == PLACET_OUTSIDE_DOMAIN && refused.code() == "outside_domain");
    fails<placet::RequestError>([&] { request.set("age", "18"); });
    fails<placet::RequestError>([&] { request.set("flag", 1); });
    fails<placet::RequestError>([&] { request.set("score", std::nan("")); });
    fails<placet::RequestError>([&] { request.fill_from_json("["); });
    fails<placet::RequestError>([&] { static_cast<void>(policy.attribute("agee")); });
    fails<std::invalid_argument>([&] { request.set(std::string("age\0x", 5), 3); });
    const auto kind = policy.attribute("kind");
    fails<placet::RequestError>([&] { static_cast<void>(policy.value(kind, std::string_view("a\0x", 3))); });
    fails<std::out_of_range>([&] { request.set("length", std::chrono::hours::max()); });
    fails<std::out_of_range>([&] { request.set("length", std::chrono::duration<double>(std::nan(""))); });
    const auto other = placet::Policy::from_text(text);
    CHECK(!other.is_allowed(request));
    CHECK(fails<placet::Error>([&] { static_cast<void>(other.decide(request)); }).status() == PLACET_FOREIGN_HANDLE);
    CHECK(fails<placet::Error>([] { static_cast<void>(placet::Policy::open("/absent")); }).status() == PLACET_UNREADABLE);
    CHECK(fails<placet::Error>([] { static_cast<void>(placet::Policy::from_bytes("x")); }).status() == PLACET_DOES_NOT_LOAD);
    const auto broken = fails<placet::CompileError>([] {
        static_cast<void>(placet::Policy::from_text("policy p\nrequest { a: bool }\nrule r { allow when b }"));
    });
    CHECK(broken.code() == "P0304" && broken.diagnostics().size() == 1);
    CHECK(broken.diagnostics()[0].line == 3 && broken.diagnostics()[0].column == 21);
}

void moments() {
    const auto policy = placet::Policy::from_text("policy p  request { at: time  length: duration }\n"
                                                  "rule a { allow when at < 1970-01-01T00:00:00Z }\n"
                                                  "rule b { allow when length < 0 seconds }");
    auto request = policy.request();
    // Times round down: one nanosecond before the epoch is before it.
    request.set("at", system_clock::time_point(-std::chrono::nanoseconds(1)));
    CHECK(policy.is_allowed(request));
    request.clear().set("at", system_clock::time_point(999ns)).set("length", -999ns);
    CHECK(!policy.is_allowed(request));
    request.set("length", -1us);
    CHECK(policy.is_allowed(request));
}

void owners() {
    static_assert(std::is_copy_constructible_v<placet::Policy> && std::is_copy_assignable_v<placet::Value>);
    static_assert(!std::is_copy_constructible_v<placet::Request> && std::is_nothrow_move_constructible_v<placet::Request>);
    static_assert(!std::is_copy_constructible_v<placet::Decision> && std::is_nothrow_move_assignable_v<placet::Decision>);
    std::optional<placet::Policy> first = placet::Policy::from_text(text);
    const placet::Policy second = *first;
    CHECK(second.name() == "everything" && !second.version() && second.warnings().empty());
    const std::string saved = second.save();
    CHECK(placet::Policy::from_bytes(saved).hash() == second.hash() && second.hash().size() == 64);
    auto request = first->request();
    first.reset();
    auto moved = std::move(request);
    fill(second, moved = second.request());
    request = std::move(moved);
    CHECK(second.is_allowed(request));
}

void threads(const placet::Policy &policy) {
    std::array<std::thread, 4> all;
    for (auto &thread : all) {
        thread = std::thread([policy] {
            auto request = policy.request();
            for (int round = 0; round < 50; ++round) {
                fill(policy, request);
                CHECK(policy.effect_json("{}") == placet::Effect::indeterminate);
                CHECK(policy.hash().size() == 64);
            }
        });
    }
    for (auto &thread : all) {
        thread.join();
    }
}

// A batch of one column, age, in memory of its own. It counts the calls of its release.
struct Ages {
    std::array<std::int32_t, 4> values{30, 12, 17, 18};
    std::array<const void *, 2> buffers{nullptr, values.data()};
    std::array<const void *, 1> outer_buffers{nullptr};
    ArrowSchema field{}, schema{};
    ArrowSchema *fields = &field;
    ArrowArray column{}, batch{};
    ArrowArray *columns = &column;
    int released = 0;

    Ages() {
        field.format = "i";
        field.name = "age";
        schema.format = "+s";
        schema.n_children = 1;
        schema.children = &fields;
        field.release = schema.release = [](ArrowSchema *self) { self->release = nullptr; };
        column.length = batch.length = 4;
        column.n_buffers = 2;
        column.buffers = buffers.data();
        batch.n_buffers = batch.n_children = 1;
        batch.buffers = outer_buffers.data();
        batch.children = &columns;
        batch.private_data = &released;
        column.release = [](ArrowArray *array) { array->release = nullptr; };
        batch.release = [](ArrowArray *array) {
            ++*static_cast<int *>(array->private_data);
            array->release = nullptr;
        };
    }
};

void batches() {
    const auto policy = placet::Policy::from_text(
        "policy ages  request { age: int 0..150  kind: { a, b } }  rule go { allow when age >= 18 and kind is a }");
    placet::Options options;
    options.constants = R"({"kind": "a"})";
    options.rules = options.certain = true;
    {
        Ages ages;
        const placet::BoundPolicy binding(policy, ages.schema, options);
        const placet::Tally tally;
        const auto decisions = binding.decide(placet::Array(ages.batch), tally);
        CHECK(ages.batch.release == nullptr && ages.released == 1);
        CHECK(decisions.array->length == 4 && decisions.schema->n_children == 3);
        const auto *effects = static_cast<const std::int8_t *>(decisions.array->children[0]->buffers[1]);
        CHECK(effects[0] == PLACET_ALLOW && effects[1] == PLACET_DENY && effects[3] == PLACET_ALLOW);
        CHECK(tally.counts().rows == 4 && tally.counts().allowed == 2);
        CHECK(tally.to_json().find("\"go\":2") != std::string::npos);
    }
    {
        Ages ages;
        auto allowed = placet::BoundPolicy(policy, ages.schema, options).filter(placet::Array(ages.batch));
        CHECK(allowed.array->length == 2);
        placet::Array moved = std::move(allowed.array);
        CHECK(moved && !allowed.array);
        moved = placet::Array();
        CHECK(!moved);
    }
    {
        Ages ages;
        ages.values[2] = 151;
        const placet::BoundPolicy binding(policy, ages.schema, options);
        const auto error = fails<placet::RequestError>([&] { static_cast<void>(binding.decide(placet::Array(ages.batch))); });
        CHECK(error.row() == 2 && error.column() == "age" && error.value() == "151" && ages.released == 1);
        options.columns = {{"kind", "age"}};
        const auto unfit = fails<placet::RequestError>([&] { placet::BoundPolicy(policy, ages.schema, options); });
        CHECK(unfit.status() == PLACET_DUPLICATE_ATTRIBUTE && !unfit.row());
        const auto none = fails<placet::Error>([&] { static_cast<void>(binding.decide(placet::ArrayStream())); });
        CHECK(none.status() == PLACET_INVALID_ARROW);
    }
}

struct Record {
    std::uint8_t age;
    std::uint32_t kind;
};

void records() {
    const auto policy = placet::Policy::from_text(
        "policy p  request { age: int 0..150  kind: { a, b } }  rule r { allow when age >= 18 and kind is b }");
    const char *const kinds[] = {"b", "a"};
    const placet_field age{"age", offsetof(Record, age), PLACET_UINT8, false, 0, nullptr, 0};
    const placet_field kind{"kind", offsetof(Record, kind), PLACET_CODE32, false, 0, kinds, 2};
    const placet::Bound<Record> bound(policy, {age, kind});
    const auto copy = bound;
    CHECK(copy.is_allowed({18, 0}) && bound.effect({18, 1}) == placet::Effect::deny);
    const auto decision = bound.decide({30, 0});
    CHECK(decision.rules().size() == 1);
    const auto outside = fails<placet::RequestError>([&] { return bound.effect({151, 0}); });
    CHECK(outside.status() == PLACET_OUTSIDE_DOMAIN);
    const auto unfit = fails<placet::Error>([&] { return placet::Bound<Record>(policy, {age, age}); });
    CHECK(unfit.status() == PLACET_UNFIT_FIELD);
}

} // namespace

int main() {
    const auto policy = placet::Policy::from_text(text);
    auto request = policy.request();
    fill(policy, request);
    decisions(policy, request);
    failures(policy, request);
    moments();
    owners();
    threads(policy);
    batches();
    records();
    return 0;
}
