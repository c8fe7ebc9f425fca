#include "harness/sample/host_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>

#include "harness/record/node_name.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::sample {
namespace {

constexpr std::size_t most_digits = 18;  // of a number that fits 64 bits

[[noreturn]] void fail(const std::string& why) {
  throw Error(Domain::config, why);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::uint64_t number_of(std::string_view digits, std::string_view within) {
  if (digits.empty() || digits.size() > most_digits || !std::ranges::all_of(digits, is_digit))
    fail(fmt::format("\"{}\" within brackets is no number or range such as 001-128", shown(within)));
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// The texts that one part of a bracket stands for: "7" or "001-128".
void add_range(std::string_view part, std::vector<std::string>& texts) {
  const auto dash = part.find('-');
  const std::string_view first = part.substr(0, dash);
  const std::string_view last = dash == std::string_view::npos ? first : part.substr(dash + 1);
  const std::uint64_t low = number_of(first, part);
  const std::uint64_t high = number_of(last, part);
  if (high < low) fail(fmt::format("the range \"{}\" runs backwards", shown(part)));
  if (high - low >= most_names)
    fail(fmt::format("the range \"{}\" is of more than {} names", shown(part), most_names));
  const std::size_t width = first.starts_with('0') ? first.size() : 1;
  for (std::uint64_t value = low; value <= high; ++value) texts.push_back(fmt::format("{:0{}}", value, width));
}

std::vector<std::string> bracket_texts(std::string_view inside) {
  std::vector<std::string> texts;
  for (std::size_t begin = 0; begin <= inside.size();) {
    const std::size_t end = std::min(inside.find(',', begin), inside.size());
    add_range(inside.substr(begin, end - begin), texts);
    begin = end + 1;
  }
  return texts;
}

// One item of the list, without commas outside of brackets.
std::vector<std::string> expand_one(std::string_view item) {
  std::vector<std::string> names{""};
  while (!item.empty()) {
    const auto open = item.find('[');
    for (std::string& name : names) name += item.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = item.find(']', open);
    std::vector<std::string> longer;
    const std::vector<std::string> texts = bracket_texts(item.substr(open + 1, close - open - 1));
    if (names.size() * texts.size() > most_names) fail(fmt::format("more than {} names", most_names));
    for (const std::string& name : names)
      for (const std::string& text : texts) longer.push_back(name + text);
    names = std::move(longer);
    item.remove_prefix(close + 1);
  }
  return names;
}

// The items of the list: what commas outside of brackets part. Brackets are closed and not within each other.
std::vector<std::string_view> items_of(std::string_view text) {
  std::vector<std::string_view> items;
  bool inside = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] == '[' && inside) || (text[i] == ']' && !inside))
      fail(fmt::format("the brackets of \"{}\" do not match", shown(text)));
    if (text[i] == '[' || text[i] == ']') inside = !inside;
    if (text[i] != ',' || inside) continue;
    items.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  if (inside) fail(fmt::format("the brackets of \"{}\" do not match", shown(text)));
  items.push_back(text.substr(begin));
  return items;
}

// A name cut at the last number of its short form.
struct Parts {
  std::string before, digits, after;
};

Parts parts_of(const std::string& name) {
  const std::size_t end_of_short = std::min(name.find('.'), name.size());
  std::size_t end = end_of_short;
  while (end > 0 && !is_digit(name[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && is_digit(name[begin - 1])) --begin;
  if (end - begin > most_digits) begin = end = 0;
  if (begin == end) return {name, "", ""};
  return {name.substr(0, begin), name.substr(begin, end - begin), name.substr(end)};
}

bool follows(const std::string& digits, const std::string& next) {
  if (number_of(next, next) != number_of(digits, digits) + 1) return false;
  // "9-10" counts on without padding, "08-10" with
  return digits.size() == next.size() || (!digits.starts_with('0') && !next.starts_with('0'));
}

// "001-128,130" of numbers of which none is there twice.
std::string ranges_of(std::vector<std::string> numbers) {
  std::ranges::sort(numbers, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && follows(numbers[last], numbers[last + 1])) ++last;
    text += (text.empty() ? "" : ",") + numbers[i];
    if (last > i) text += "-" + numbers[last];
    i = last + 1;
  }
  return text;
}

}  // namespace

std::vector<std::string> expand_hosts(std::string_view text) {
  std::vector<std::string> names;
  for (const std::string_view item : items_of(text))
    for (std::string& name : expand_one(item)) {
      names.push_back(std::move(name));
      if (names.size() > most_names) fail(fmt::format("more than {} names", most_names));
    }
  return names;
}

std::string compress_hosts(std::vector<std::string> names) {
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> groups;
  for (const std::string& name : names) {
    Parts parts = parts_of(name);
    groups[{parts.before, parts.after}].push_back(parts.digits);
  }
  std::string text;
  for (const auto& [around, numbers] : groups) {
    if (!text.empty()) text += ",";
    const std::string middle = numbers.size() == 1 ? numbers.front() : "[" + ranges_of(numbers) + "]";
    text += around.first + middle + around.second;
  }
  return text;
}

}  // namespace petaproof::sample
