// A printed number stands for every value that could have been rounded to it.
//
// "240" may be anything from 235 to 245, "240.0" from 239.95 to 240.05: digits after a decimal point are
// significant, trailing zeros before it are not. A claim is only refuted where the kindest value fails too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace petaproof::judge {

struct PrintedNumber {
  std::string printed;  // as the claim prints it: "4,000", "4 000", "4000"
  double value = 0;     // 4000
  bool exact = false;   // the claim says that it was counted, or means exactly this
  double lower = 0;     // 3500: the lowest value that rounds to it
  double upper = 0;     // 4500: all values below this one round to it

  /// The same digits with the thousands as all output groups them, "4,000", whatever the claim's own separator was.
  std::string grouped() const;
};

/// Reads "240", "239.5", "4,000" or "4 000" (groups of three); `exact` closes the interval. Nothing for any
/// other text, a sign or an exponent among them.
std::optional<PrintedNumber> read_printed(std::string_view printed, bool exact);

/// The interval in whole units: 3,500 to 4,499 for "4,000", 4,096 alone for "4,096".
struct WholeRange {
  std::int64_t min = 0;
  std::int64_t max = 0;
};
WholeRange whole_range(const PrintedNumber& number);

}  // namespace petaproof::judge
