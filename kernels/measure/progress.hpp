// What the loop tells whoever watches it: the watchdog that ends a hung case, and the line on the terminal.
#pragma once

#include <cstdint>
#include <string_view>

namespace petaproof {

class Progress {
 public:
  virtual ~Progress() = default;
  /// A new phase of the case begins: "prepare", "first launches", "verify", "warm-up", "measure", "verify
  /// timed outputs".
  virtual void phase(std::string_view name) = 0;
  /// Launches enqueued so far in this phase; the number in a report of a hang.
  virtual void launched(std::int64_t count) = 0;
};

class NoProgress : public Progress {
 public:
  void phase(std::string_view) override {}
  void launched(std::int64_t) override {}
};

}  // namespace petaproof
