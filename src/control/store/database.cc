#include "control/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace mortise::control::store {
namespace {

Code code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return Code::exhausted;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::denied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return Code::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::invalid;
    default:
      return Code::bug;
  }
}

std::unexpected<Error> failed(sqlite3* connection, int result) {
  if ((result & 0xff) == SQLITE_FULL)
    return fail(
        Code::exhausted,
        "store: the disk is full; free some space where the data directory is and try again");
  const std::string what = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(result);
  return fail(code_of(result), "store: " + what);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text(statement_.get(), ++bound_, text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), ++bound_, number);
  return *this;
}

Result<void> Statement::run() {
  const int result = sqlite3_step(statement_.get());
  bound_ = 0;
  if (result != SQLITE_DONE && result != SQLITE_ROW) {
    auto error = failed(connection_, result);
    sqlite3_reset(statement_.get());
    return error;
  }
  sqlite3_reset(statement_.get());
  return {};
}

Result<bool> Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return failed(connection_, result);
}

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes ? std::string(reinterpret_cast<const char*>(bytes), size) : std::string();
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close(connection); }

Result<Database> Database::open(const std::string& path) {
  // SQLite gives its journals the mode of the database file, so this one mode decides for all.
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 && errno != EROFS && errno != EACCES) return fail_errno("store: open " + path);
  if (file >= 0) ::close(file);

  sqlite3* connection = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &connection,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(connection);
  if (result != SQLITE_OK) return failed(connection, result);
  sqlite3_extended_result_codes(connection, 1);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
  if (result != SQLITE_OK) return failed(connection_.get(), result);
  return Statement(connection_.get(), statement);
}

Result<void> Database::execute(const char* sql) {
  const int result = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return failed(connection_.get(), result);
  return {};
}

Result<Transaction> Transaction::begin(Database& database) {
  // IMMEDIATE: a store that cannot be written says so here, before anything was done.
  CHECK_OK(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // A failed rollback means that SQLite has rolled back by itself (a full disk, an I/O error).
  if (database_) (void)database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  CHECK_OK(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace mortise::control::store
