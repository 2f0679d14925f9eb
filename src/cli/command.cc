#include "cli/command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/duration.h"

namespace mortise::cli {

void Command::flag(const std::string& names, bool& into, const std::string& help) {
  app_.add_flag(names, into, help);
}

void Command::option(const std::string& names, std::string& into, const std::string& value,
                     const std::string& help) {
  app_.add_option(names, into, help)->type_name(value);
}

void Command::option(const std::string& names, int& into, const std::string& help) {
  app_.add_option(names, into, help)->type_name("NUMBER");
}

void Command::repeated(const std::string& names, std::vector<std::string>& into,
                       const std::string& value, const std::string& help) {
  // One value each time: `-f a b` would swallow a positional.
  app_.add_option(names, into, help)->allow_extra_args(false)->type_name(value);
}

void Command::duration(const std::string& names, Duration& into, const std::string& help) {
  app_.add_option_function<std::string>(
          names, [&into](const std::string& text) { into = parse_duration(text).value_or(into); },
          help)
      ->check([](const std::string& text) {
        const auto parsed = parse_duration(text);
        return parsed ? std::string() : parsed.error().what();
      })
      ->type_name("TIME");
}

void Command::positional(const std::string& name, std::string& into, Presence presence,
                         const std::string& help) {
  app_.add_option(name, into, help)->required(presence == Presence::required)->type_name(" ");
}

void Command::positionals(const std::string& name, std::vector<std::string>& into,
                          const std::string& help) {
  app_.add_option(name, into, help)->type_name(" ");
}

void Command::takes_namespace() {
  takes_namespace_ = true;
  app_.add_option("-n,--namespace", shared_.namespace_name, "the namespace; default: default")
      ->each([this](const std::string&) { shared_.namespace_given = true; })
      ->type_name("NS");
}

void Command::takes_all_namespaces() {
  takes_all_namespaces_ = true;
  app_.add_flag("-A,--all-namespaces", shared_.all_namespaces, "every namespace");
}

void Command::takes_output() {
  takes_output_ = true;
  app_.add_option("-o,--output", shared_.output, "table, wide, json or yaml")
      ->check(CLI::IsMember({"table", "wide", "json", "yaml"}))
      ->type_name("FORMAT");
}

void Command::takes_output_or_names() {
  takes_output_ = true;
  app_.add_option("-o,--output", shared_.output,
                  fmt::format("table, wide, json, yaml or {}", kNamesOnly))
      ->check(CLI::IsMember({"table", "wide", "json", "yaml", kNamesOnly}))
      ->type_name("FORMAT");
}

}  // namespace mortise::cli
