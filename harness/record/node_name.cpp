#include "harness/record/node_name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace petaproof {
namespace {

// Not std::isalpha and its like: what a name is must not depend on the locale.
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_one_of(char c, std::string_view allowed) {
  return is_digit(c) || is_letter(c) || allowed.find(c) != std::string_view::npos;
}

std::string why_not(std::string_view text, std::string_view allowed, std::size_t longest) {
  if (text.empty()) return "a name is missing";
  if (text.size() > longest) return fmt::format("\"{}\" is longer than {} characters", shown(text), longest);
  if (!is_one_of(text.front(), "")) return fmt::format("\"{}\" does not begin with a letter or digit", shown(text));
  for (const char c : text)
    if (!is_one_of(c, allowed)) return fmt::format("\"{}\" holds a character that no name has", shown(text));
  return {};
}

}  // namespace

std::string normalised_name(std::string_view name) {
  std::string result(name);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (result.size() > 1 && result.ends_with('.')) result.pop_back();
  return result;
}

std::string short_name(std::string_view name) {
  return std::string(name.substr(0, name.find('.')));
}

std::string why_no_name(std::string_view name) {
  if (std::string why = why_not(name, "-_.", 253); !why.empty()) return why;  // 253: RFC 1035's limit
  if (name.find("..") != std::string_view::npos) return fmt::format("\"{}\" has two dots in a row", shown(name));
  if (std::ranges::all_of(name, [](char c) { return is_digit(c) || c == '.'; }))
    return fmt::format("\"{}\" is a number or an address; write what `hostname` prints on the node", shown(name));
  return {};
}

std::string why_no_label(std::string_view label) {
  return why_not(label, "-_.:/", 253);
}

std::string alike_key(std::string_view name) {
  const std::string from = short_name(name);
  std::string key;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const bool within_number = !key.empty() && is_digit(key.back());
    const bool number_goes_on = i + 1 < from.size() && is_digit(from[i + 1]);
    if (from[i] == '0' && !within_number && number_goes_on) continue;
    key += from[i];
  }
  return key;
}

bool same_node(std::string_view a, std::string_view b) {
  const std::string first = normalised_name(a);
  const std::string second = normalised_name(b);
  const bool both_full = first.find('.') != std::string::npos && second.find('.') != std::string::npos;
  return both_full ? first == second : short_name(first) == short_name(second);
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string result(text.substr(0, most));
  for (char& c : result)
    if (c < ' ' || c > '~') c = '?';
  return text.size() > most ? result + "..." : result;
}

}  // namespace petaproof
