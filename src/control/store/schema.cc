#include "control/store/schema.h"

#include <array>

namespace mortise::control::store {
namespace {

// Entry N brings user_version N to N + 1. Entries are never edited, only added.
constexpr std::array kMigrations = {
    R"(CREATE TABLE mesh (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
       INSERT INTO mesh VALUES (1, 0);
       CREATE TABLE objects (kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
         content TEXT NOT NULL, created_seconds INTEGER NOT NULL, created_order INTEGER NOT NULL,
         file TEXT NOT NULL, line INTEGER NOT NULL,
         PRIMARY KEY (kind, namespace, name)) WITHOUT ROWID;
       CREATE TABLE workloads (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
       CREATE TABLE addresses (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
       CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
       CREATE TABLE revisions (number INTEGER PRIMARY KEY, seconds INTEGER NOT NULL,
         author TEXT NOT NULL, reason TEXT NOT NULL, difference TEXT NOT NULL);)",
};

Result<std::int64_t> layout_of(Database& database) {
  TRY(auto statement, database.prepare("PRAGMA user_version"));
  TRY(const bool row, statement.step());
  return row ? statement.number(0) : 0;
}

Result<Entries> read_entries(Database& database, const std::string& table) {
  TRY(auto statement, database.prepare("SELECT key, value FROM " + table));
  Entries entries;
  for (;;) {
    TRY(const bool row, statement.step());
    if (!row) return entries;
    entries.emplace(statement.text(0), statement.text(1));
  }
}

Result<void> write_entries(Database& database, const std::string& table, const Entries& put,
                           const std::vector<std::string>& removed) {
  TRY(auto erase, database.prepare("DELETE FROM " + table + " WHERE key = ?"));
  for (const auto& key : removed) CHECK_OK(erase.bind(key).run());
  TRY(auto insert, database.prepare("INSERT OR REPLACE INTO " + table + " VALUES (?, ?)"));
  for (const auto& [key, value] : put) CHECK_OK(insert.bind(key).bind(value).run());
  return {};
}

Result<void> write_objects(Database& database, const Change& change) {
  TRY(auto erase,
      database.prepare("DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?"));
  for (const auto& ref : change.removed) {
    CHECK_OK(erase.bind(ref.kind).bind(ref.namespace_name).bind(ref.name).run());
  }
  TRY(auto insert,
      database.prepare("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const auto& object : change.put) {
    insert.bind(object.ref.kind).bind(object.ref.namespace_name).bind(object.ref.name);
    insert.bind(object.content).bind(object.created_seconds).bind(object.created_order);
    insert.bind(object.origin.file).bind(std::int64_t{object.origin.line});
    CHECK_OK(insert.run());
  }
  return {};
}

Result<std::uint64_t> read_revision(Database& database) {
  TRY(auto statement, database.prepare("SELECT revision FROM mesh WHERE id = 1"));
  TRY(const bool row, statement.step());
  if (!row) return fail(Code::invalid, "store: the revision is missing");
  return statement.count(0);
}

Result<std::uint64_t> next_revision(Database& database) {
  CHECK_OK(database.execute("UPDATE mesh SET revision = revision + 1 WHERE id = 1"));
  return read_revision(database);
}

}  // namespace

Result<void> bring_up_to_date(Database& database) {
  TRY(std::int64_t layout, layout_of(database));
  if (layout > static_cast<std::int64_t>(kMigrations.size())) {
    return fail(Code::invalid, "store: written by a newer Mortise (layout " +
                                   std::to_string(layout) + "); use that version");
  }
  while (layout < static_cast<std::int64_t>(kMigrations.size())) {
    TRY(auto transaction, Transaction::begin(database));
    CHECK_OK(database.execute(kMigrations[static_cast<std::size_t>(layout)]));
    ++layout;
    CHECK_OK(database.execute(("PRAGMA user_version = " + std::to_string(layout)).c_str()));
    CHECK_OK(transaction.commit());
  }
  return {};
}

Result<Contents> read_contents(Database& database) {
  Contents contents;
  TRY(contents.revision, read_revision(database));
  TRY(auto statement,
      database.prepare("SELECT kind, namespace, name, content, created_seconds, created_order, "
                       "file, line FROM objects"));
  for (;;) {
    TRY(const bool row, statement.step());
    if (!row) break;
    StoredObject object;
    object.ref = {statement.text(0), statement.text(1), statement.text(2)};
    object.content = statement.text(3);
    object.created_seconds = statement.number(4);
    object.created_order = statement.count(5);
    object.origin = {statement.text(6), static_cast<int>(statement.number(7))};
    contents.objects.push_back(std::move(object));
  }
  TRY(contents.workloads, read_entries(database, "workloads"));
  TRY(contents.addresses, read_entries(database, "addresses"));
  TRY(contents.settings, read_entries(database, "settings"));
  return contents;
}

Result<std::uint64_t> write_change(Database& database, const Change& change) {
  TRY(auto transaction, Transaction::begin(database));
  TRY(const auto revision, next_revision(database));
  CHECK_OK(write_objects(database, change));
  CHECK_OK(write_entries(database, "workloads", change.put_workloads, change.removed_workloads));
  CHECK_OK(write_entries(database, "addresses", change.put_addresses, change.removed_addresses));
  CHECK_OK(write_entries(database, "settings", change.settings, {}));
  if (!change.difference.empty()) {
    TRY(auto insert, database.prepare("INSERT INTO revisions VALUES (?, ?, ?, ?, ?)"));
    insert.bind(revision).bind(change.seconds).bind(change.author);
    CHECK_OK(insert.bind(change.reason).bind(change.difference).run());
  }
  CHECK_OK(transaction.commit());
  return revision;
}

Result<std::vector<Revision>> read_history(Database& database, std::uint64_t before,
                                           std::size_t limit) {
  TRY(auto statement,
      database.prepare("SELECT number, seconds, author, reason, difference FROM revisions "
                       "WHERE ?1 = 0 OR number < ?1 ORDER BY number DESC LIMIT ?2"));
  statement.bind(before).bind(std::uint64_t{limit});
  std::vector<Revision> revisions;
  for (;;) {
    TRY(const bool row, statement.step());
    if (!row) return revisions;
    revisions.push_back({statement.count(0), statement.number(1), statement.text(2),
                         statement.text(3), statement.text(4)});
  }
}

}  // namespace mortise::control::store
