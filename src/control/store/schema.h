// control/store/schema.h — the tables of the embedded store and how older layouts become the
// newest: statements only, no threads.
#pragma once

#include "control/store/database.h"
#include "control/store/store.h"

namespace mortise::control::store {

// A store written by a newer program is refused.
Result<void> bring_up_to_date(Database& database);

Result<Contents> read_contents(Database& database);
Result<std::uint64_t> write_change(Database& database, const Change& change);
Result<std::vector<Revision>> read_history(Database& database, std::uint64_t before,
                                           std::size_t limit);

}  // namespace mortise::control::store
