#include "harness/judge/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <sstream>

namespace petaproof::judge {

std::string shown_whole(double value) {
  std::string digits = fmt::format("{:.0f}", std::abs(value));
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), 1, ',');
  return (value < 0 ? "-" : "") + digits;
}

std::string shown_count(std::int64_t value) {
  return shown_whole(static_cast<double>(value));
}

std::string shown(double value) {
  const double size = std::abs(value);
  if (size >= 999.95) return shown_whole(value);
  return size >= 9.995 || size == 0 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

std::string shown_exactly(double value) {
  return value == std::floor(value) ? shown_whole(value) : fmt::format("{:.10g}", value);
}

std::string shown_percent(double ratio) {
  return ratio >= 0.9995 ? shown_whole(100 * ratio) + " %" : fmt::format("{:.1f} %", 100 * ratio);
}

namespace {

// Columns, not bytes: French quotes have letters of two.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string paragraph(std::string_view head, std::string_view text, std::size_t width) {
  const std::string indent(head.size(), ' ');
  std::string result;
  std::string line(head);
  bool empty = true;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    if (!empty && columns(line) + 1 + columns(word) > width) {
      result += line + '\n';
      line = indent;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  return result + line + '\n';
}

}  // namespace petaproof::judge
