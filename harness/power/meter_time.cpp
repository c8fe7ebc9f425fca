#include "harness/power/meter_time.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace petaproof::power {
namespace {

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

// `form` has a 0 for each digit, and stands for itself otherwise.
bool has_form(std::string_view text, std::string_view form) {
  return std::ranges::equal(text, form, [](char c, char f) { return f == '0' ? c >= '0' && c <= '9' : c == f; });
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = 10 * value + (c - '0');
  return value;
}

// Whole seconds of "2026-11-25T20:00:00".
std::optional<std::int64_t> seconds_of(std::string_view text) {
  if (!has_form(text, "0000-00-00T00:00:00")) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(number(text.substr(0, 4))),
                                         std::chrono::month(static_cast<unsigned>(number(text.substr(5, 2)))),
                                         std::chrono::day(static_cast<unsigned>(number(text.substr(8, 2))))};
  const int hour = number(text.substr(11, 2)), minute = number(text.substr(14, 2)),
            second = number(text.substr(17, 2));
  // nanoseconds since 1970 end in 2262; no meter is older than that or newer
  if (!date.ok() || date.year() < std::chrono::year(1970) || date.year() > std::chrono::year(2261))
    return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

// Nanoseconds of ".25"; nothing has none.
std::optional<std::int64_t> fraction_of(std::string_view text) {
  if (text.empty()) return 0;
  if (text.size() < 2 || text.size() > 10 || !has_form(text, "." + std::string(text.size() - 1, '0')))
    return std::nullopt;
  std::string digits(text.substr(1));
  digits.resize(9, '0');
  return number(digits);
}

// Seconds east of UTC of "Z" or "+01:00", whichever `text` ends in, and how long that is.
struct Zone {
  std::int64_t seconds = 0;
  std::size_t length = 0;
};

std::optional<Zone> zone_of(std::string_view text) {
  if (text.ends_with('Z')) return Zone{0, 1};
  if (text.size() < 6) return std::nullopt;
  const std::string_view end = text.substr(text.size() - 6);
  if (!has_form(end, "+00:00") && !has_form(end, "-00:00")) return std::nullopt;
  const std::int64_t minutes = 60 * number(end.substr(1, 2)) + number(end.substr(4, 2));
  return Zone{(end.front() == '-' ? -60 : 60) * minutes, 6};
}

}  // namespace

std::optional<std::int64_t> read_date_time(std::string_view text) {
  constexpr std::size_t to_seconds = 19;
  const auto zone = zone_of(text);
  if (!zone || text.size() < to_seconds + zone->length) return std::nullopt;
  const auto seconds = seconds_of(text.substr(0, to_seconds));
  const auto fraction = fraction_of(text.substr(to_seconds, text.size() - to_seconds - zone->length));
  if (!seconds || !fraction) return std::nullopt;
  return (*seconds - zone->seconds) * nanoseconds_per_second + *fraction;
}

std::optional<std::int64_t> read_utc(std::string_view text) {
  return text.ends_with('Z') ? read_date_time(text) : std::nullopt;
}

}  // namespace petaproof::power
