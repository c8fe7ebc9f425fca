#include "harness/judge/rounding.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace petaproof::judge {
namespace {

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

// The digits of the integer part without separators; nothing if they do not stand in groups of three.
std::optional<std::string> ungrouped(std::string_view whole) {
  const auto first = std::ranges::find_if_not(whole, is_digit);
  if (first == whole.end()) return std::string(whole);
  const char separator = *first;
  if (separator != ',' && separator != ' ') return std::nullopt;
  const std::string_view head(whole.begin(), first);
  if (head.empty() || head.size() > 3) return std::nullopt;

  std::string digits(head);
  for (std::string_view rest(first, whole.end()); !rest.empty(); rest.remove_prefix(4)) {
    if (rest.size() < 4 || rest.front() != separator) return std::nullopt;
    const std::string_view group = rest.substr(1, 3);
    if (!std::ranges::all_of(group, is_digit)) return std::nullopt;
    digits += group;
  }
  return digits;
}

}  // namespace

std::string PrintedNumber::grouped() const {
  const auto point = printed.find('.');
  std::string text = printed.substr(0, point);
  std::erase_if(text, [](char c) { return !is_digit(c); });
  for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3)
    text.insert(static_cast<std::size_t>(i), 1, ',');
  return point == std::string::npos ? text : text + printed.substr(point);
}

std::optional<PrintedNumber> read_printed(std::string_view printed, bool exact) {
  const auto point = printed.find('.');
  const auto whole = ungrouped(printed.substr(0, point));
  const std::string decimals(point == std::string_view::npos ? "" : printed.substr(point + 1));
  // more than 15 digits do not fit a double: nobody prints such a claim
  if (!whole || whole->empty() || whole->size() + decimals.size() > 15) return std::nullopt;
  if (point != std::string_view::npos && (decimals.empty() || !std::ranges::all_of(decimals, is_digit)))
    return std::nullopt;

  // in whole units of the last printed place, so that no bound suffers from a decimal fraction's rounding
  const double places = std::pow(10.0, static_cast<double>(decimals.size()));
  const double digits = std::stod(*whole + decimals);
  double half_unit = 0.5;
  if (decimals.empty())
    for (auto c = whole->rbegin(); c != whole->rend() && *c == '0'; ++c) half_unit *= 10;
  if (exact || digits == 0) half_unit = 0;

  return PrintedNumber{std::string(printed), digits / places, exact, (10 * digits - 10 * half_unit) / (10 * places),
                       (10 * digits + 10 * half_unit) / (10 * places)};
}

WholeRange whole_range(const PrintedNumber& number) {
  const auto lowest = static_cast<std::int64_t>(std::ceil(number.lower));
  if (number.exact) return {lowest, static_cast<std::int64_t>(std::floor(number.upper))};
  return {lowest, static_cast<std::int64_t>(std::ceil(number.upper)) - 1};
}

}  // namespace petaproof::judge
