#include "cli/help.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace mortise::cli {
namespace {

using Row = std::pair<std::string, std::string>;

std::string section(const std::string& title, const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.first.size());
  std::string text = "\n" + title + ":\n";
  for (const Row& row : rows) text += fmt::format("  {:<{}}  {}\n", row.first, width, row.second);
  return text;
}

bool takes_many(const CLI::Option& option) { return option.get_expected_max() > 1; }

std::vector<Row> arguments_of(const CLI::App& app) {
  std::vector<Row> rows;
  for (const auto* option : app.get_options()) {
    if (option->get_positional()) rows.emplace_back(option->get_name(), option->get_description());
  }
  return rows;
}

std::vector<Row> options_of(const CLI::App& app) {
  std::vector<Row> rows;
  for (const auto* option : app.get_options()) {
    if (option->get_positional()) continue;
    std::string names = option->get_name(false, true);
    if (const auto comma = names.find(','); comma != std::string::npos)
      names.insert(comma + 1, " ");
    if (option->get_items_expected_max() > 0) {
      const auto type = option->get_type_name();
      names += " " + type.substr(0, type.find(':'));  // its choices are in the description
    }
    rows.emplace_back(names, option->get_description());
  }
  return rows;
}

std::vector<Row> commands_of(const CLI::App& app) {
  std::vector<Row> rows;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) {
      rows.emplace_back(command->get_name(), command->get_description());
    }
  }
  return rows;
}

std::string usage_of(const CLI::App& app, const std::string& path, const Command* command) {
  std::string usage = path;
  if (command == nullptr) usage += " COMMAND";
  usage += " [OPTIONS]";
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const auto name = option->get_name() + (takes_many(*option) ? "..." : "");
    usage += option->get_required() ? " " + name : " [" + name + "]";
  }
  if (command != nullptr && command->has_program()) usage += " -- PROGRAM [ARGUMENT...]";
  return usage;
}

}  // namespace

std::string help_text(const CLI::App& app, const std::string& path, const Command* command) {
  std::string text = app.get_description() + "\n\nUsage: " + usage_of(app, path, command) + "\n";
  text += section("Commands", commands_of(app));
  text += section("Arguments", arguments_of(app));
  text += section("Options", options_of(app));
  if (app.get_parent() != nullptr) text += "\nEverywhere: --data-dir DIR, --color WHEN\n";
  if (!app.get_footer().empty()) text += "\n" + app.get_footer() + "\n";
  return text;
}

}  // namespace mortise::cli
