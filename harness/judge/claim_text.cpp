// What a claim's own words say of its figures: whether each is accounted for, and what contradicts itself.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "harness/judge/claim.hpp"

namespace petaproof::judge {
namespace {

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

// Blanks that keep a number together on a line become plain ones.
std::string with_plain_blanks(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    std::size_t skip = 1;
    for (const std::string_view blank : {"\u00a0", "\u202f"})
      if (text.starts_with(blank)) skip = blank.size();
    plain += skip > 1 ? ' ' : text.front();
    text.remove_prefix(skip);
  }
  return plain;
}

bool three_digits_at(const std::string& text, std::size_t at) {
  return at + 3 <= text.size() &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                     text.begin() + static_cast<std::ptrdiff_t>(at) + 3, is_digit) &&
         (at + 3 == text.size() || !is_digit(text[at + 3]));
}

// Numbers in a text, in one spelling: "4,000", "4 000" and "4000" are "4000", "0,3" is "0.3". Digits within a name,
// such as H200's, are none.
std::vector<std::string> numbers_in(std::string_view words) {
  const std::string text = with_plain_blanks(words);
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i])) continue;
    const bool in_a_name = i > 0 && is_letter(text[i - 1]);
    std::string number;
    for (; i < text.size(); ++i) {
      if (is_digit(text[i])) {
        number += text[i];
        continue;
      }
      const bool grouped = (text[i] == ',' || text[i] == ' ') && number.size() <= 9 && three_digits_at(text, i + 1);
      const bool point = (text[i] == ',' || text[i] == '.') && i + 1 < text.size() && is_digit(text[i + 1]);
      if (!grouped && !point) break;
      if (!grouped) number += '.';
    }
    if (!in_a_name) numbers.push_back(number);
  }
  return numbers;
}

std::set<std::string> mapped_numbers(const Claim& claim) {
  std::set<std::string> mapped;
  const auto add_text = [&](const std::string& text) {
    for (auto& number : numbers_in(text)) mapped.insert(std::move(number));
  };
  if (claim.compute) add_text(claim.compute->amount.number.printed);
  if (claim.gpus) add_text(claim.gpus->count.printed);
  if (claim.power) add_text(claim.power->amount.number.printed);
  if (claim.pue) add_text(claim.pue->value.printed);
  for (const auto& rack : claim.racks) {
    add_text(rack.low.number.printed);
    add_text(rack.high.number.printed);
  }
  if (claim.money) add_text(claim.money->amount.number.printed);
  if (claim.rank) add_text(std::to_string(claim.rank->place));
  if (claim.build_time) add_text(claim.build_time->amount.number.printed);
  if (claim.due) add_text(claim.due->printed);
  for (const auto& item : claim.not_judged) add_text(item.figure);
  return mapped;
}

}  // namespace

std::vector<std::string> unmapped_figures(const Claim& claim) {
  const std::set<std::string> mapped = mapped_numbers(claim);
  std::vector<std::string> result;
  for (const auto& number : numbers_in(claim.quote))
    if (!mapped.contains(number)) result.push_back(number);
  return result;
}

namespace {

std::string another_benchmark(const Claim& claim) {
  if (!claim.compute || !claim.compute->benchmark_excludes_precision()) return {};
  return fmt::format(
      "{}, and the claim says {}",
      claim.compute->benchmark == "HPL" ? "HPL computes in FP64" : "HPL-MxP factorises in less than FP64",
      claim.compute->precision->word());
}

// No physics bounds a PUE from above. Uptime Institute's survey of 2023 found 1.58 on average; ten times the IT load,
// all but a tenth of it for cooling and losses, is a slip of the pen, or of what was divided by what.
constexpr double largest_pue = 10;

std::string impossible_pue(const Claim& claim) {
  if (!claim.pue) return {};
  const PueClaim& pue = *claim.pue;
  if (pue.value.upper < 1 || (pue.is_upper_bound && pue.value.value <= 1))
    return fmt::format("a PUE {}{} has the whole site draw less than its IT: 1 is the least",
                       pue.is_upper_bound ? "under " : "of ", pue.value.grouped());
  if (pue.is_upper_bound || pue.value.lower <= largest_pue) return {};
  return fmt::format(
      "a PUE of {} has the site draw {} times as much as its IT, where a survey finds 1.58 on average (Uptime "
      "Institute, "
      "2023): beyond {} the number is taken to be wrong",
      pue.value.grouped(), pue.value.grouped(), largest_pue);
}

}  // namespace

std::vector<std::string> contradictions(const Claim& claim) {
  std::vector<std::string> result;
  if (claim.due && !claim.as_of.empty() && claim.due->latest < claim.as_of &&
      claim.existence != Existence::operational)
    result.push_back(fmt::format("it is to exist by {}, before its own source of {}, and is not said to run",
                                 claim.due->latest, claim.as_of));
  if (claim.due && !claim.as_of.empty() && claim.existence == Existence::operational &&
      claim.as_of < claim.due->earliest)
    result.push_back(fmt::format("it is said to run by its source of {}, and is to exist from {} on only",
                                 claim.as_of, claim.due->earliest));
  if (std::string text = another_benchmark(claim); !text.empty()) result.push_back(std::move(text));
  if (claim.power_in_another_unit())
    result.push_back(
        fmt::format("{} is less than {}: {} MW may be meant", claim.power->amount.text(),
                    claim.gpus ? "a hundredth of what so many GPUs draw" : "one node of eight GPUs draws",
                    claim.power->amount.number.grouped()));
  if (std::string text = impossible_pue(claim); !text.empty()) result.push_back(std::move(text));
  for (const auto& rack : claim.racks)
    if (rack.low.value() > rack.high.value())
      result.push_back(fmt::format("a range from {} up to {} runs downwards: one of the units is wrong",
                                   rack.low.text(), rack.high.text()));
  return result;
}

}  // namespace petaproof::judge
