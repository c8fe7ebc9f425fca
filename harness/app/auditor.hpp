// What the auditor wrote down when the nodes were drawn: a draw is a file, and whoever holds it can edit it.
#pragma once

#include <optional>
#include <string>

#include "harness/sample/draw.hpp"

namespace CLI {
class App;
}

namespace petaproof {

struct AuditorNotes {
  std::string hash;  // empty: not given
  std::optional<std::string> seed;

  void add_options(CLI::App& command);
  bool given() const { return !hash.empty() || seed; }
  /// Throws Error(config) on a draw from another list or with another seed, Error(usage) on a hash that is none.
  void check(const sample::Draw& draw, const std::string& file) const;
};

/// Throws likewise; `found` is the hash of the list in `file`.
void require_hash(const std::string& expected, const std::string& found, const std::string& file);

}  // namespace petaproof
