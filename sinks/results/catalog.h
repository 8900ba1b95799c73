// The scopes and windows that there are, by the configurations that the log has run under.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "processors/core/result.h"
#include "processors/runtime/io.h"
#include "sinks/results/kpi_row.h"

namespace weir::results {

/// A plain value. One thread, or many that only read.
class Catalog {
 public:
  /// Everything on `weir.config`. Errors as the reader's, and corrupt or version.
  static Result<Catalog> read(const runtime::Reader& log);

  /// Takes a record of `weir.config`. Error: corrupt, version.
  Result<void> take(const runtime::Record& record);

  /// not_found, listing what there is, where the scope or the window does not exist (yet);
  /// invalid_argument for a `where` that is none of the scope's, and for a length that several
  /// windows have.
  Result<KpiSelection> select(const KpiQuery& query) const;

  const std::map<ScopeName, std::set<windows::Window>>& scopes() const { return scopes_; }
  /// The statuses that the success ratio leaves out under these definitions; null: not known.
  const std::vector<std::string>* unrated(std::uint64_t definitions_hash) const;
  /// Under the definitions told last.
  const std::vector<std::string>& unrated() const { return last_unrated_; }

 private:
  Result<windows::Window> find(const KpiQuery& query) const;

  std::map<ScopeName, std::set<windows::Window>> scopes_;
  std::map<std::uint64_t, std::vector<std::string>> unrated_;
  std::vector<std::string> last_unrated_;
};

}  // namespace weir::results
