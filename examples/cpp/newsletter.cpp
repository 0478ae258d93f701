// May the newsletter be sent? The same as ../c/newsletter.c, with the C++17 header.
//
//     c++ -std=c++17 newsletter.cpp $(pkg-config --cflags --libs placet) -o newsletter
//     ./newsletter ../newsletter.placet

#include <placet.hpp>

#include <iostream>
#include <optional>

namespace {

struct Person {
    int age;
    std::optional<placet::Value> consent;
};

void report(const Person &person, const placet::Decision &decision) {
    std::cout << "age " << person.age << ": " << (decision.effect() == placet::Effect::deny ? "deny" : "indeterminate")
              << '\n';
    for (const auto clause : decision.cites()) {
        std::cout << "  by " << clause << '\n';
    }
    for (const auto attribute : decision.missing()) {
        std::cout << "  ask for " << attribute << '\n';
    }
    for (const auto &due : decision.obligations()) {
        std::cout << "  must " << due.name;
        if (due.within) {
            std::cout << " within " << due.within->count() / 86400 << " days";
        }
        std::cout << '\n';
    }
}

void run(const char *path) {
    // Once.
    const auto policy = placet::Policy::open(path);
    const auto purpose = policy.attribute("purpose");
    const auto age = policy.attribute("subject.age");
    const auto consent = policy.attribute("consent");
    const auto newsletter = policy.value(purpose, "newsletter");
    const auto granted = policy.value(consent, "granted");
    auto request = policy.request();

    // For each question.
    for (const Person &person : {Person{30, granted}, Person{12, granted}, Person{30, std::nullopt}}) {
        request.clear().put(purpose, newsletter).put(age, person.age).put(consent, person.consent);
        if (policy.is_allowed(request)) {
            std::cout << "age " << person.age << ": send it\n";
        } else {
            report(person, policy.decide(request));
        }
    }
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " POLICY\n";
        return 1;
    }
    try {
        run(argv[1]);
    } catch (const placet::CompileError &error) {
        for (const auto &fault : error.diagnostics()) {
            std::cerr << fault.file << ':' << fault.line << ':' << fault.column << ": " << fault.message << '\n';
        }
        return 1;
    } catch (const placet::Error &error) {
        std::cerr << error.code() << ": " << error.what() << '\n';
        return 1;
    }
    return 0;
}
