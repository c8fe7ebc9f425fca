#include "harness/publish/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/judge/text.hpp"
#include "harness/publish/nearest_limit.hpp"
#include "harness/record/outcome.hpp"
#include "harness/suite/plan.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

enum Column { name, rate, peak, of_clock, of_issue, clock, power, verified, disposition, columns };

struct Row {
  std::array<std::string, columns> cells;
  std::string rest_of_name{};  // lines

  std::string& operator[](int column) { return cells[static_cast<std::size_t>(column)]; }
  const std::string& operator[](int column) const { return cells[static_cast<std::size_t>(column)]; }
};

// A longer title, such as attention's with its ten parameters, goes on below: the other columns fit beside it.
constexpr std::size_t longest_name = 60;

// How far the interval reaches: "±0.4%", or "-10%/+25%" where it is lopsided, as that of a rate is when it is wide.
std::string reach(double value, const json& lower, const json& upper) {
  if (lower.is_null()) return "one sample";
  const double below = 100 * (value - lower.get<double>()) / value;
  if (upper.is_null()) return fmt::format("-{:.0f}%/+?", below);
  const double above = 100 * (upper.get<double>() - value) / value;
  return above > 1.2 * below + 0.1 ? fmt::format("-{:.0f}%/+{:.0f}%", below, above)
                                   : fmt::format("±{:.1f}%", (below + above) / 2);
}

// "612 ns/load (1058 cycles) ±0.4%"
std::string latency_text(const json& latency) {
  const double seconds = latency.at("value");
  const std::string cycles =
      latency.at("cycles").is_null() ? "" : fmt::format(" ({:.0f} cycles)", latency["cycles"].get<double>());
  return fmt::format("{:.3g} ns/load{} {}", 1e9 * seconds, cycles,
                     reach(seconds, latency.at("lower"), latency.at("upper")));
}

// "58.3 GFLOP/s ±0.4%"
std::string rate_text(const json& record) {
  if (record.at("rates").empty()) return "-";
  const json& read = nearest_limit(record);
  if (read.contains("latency")) return latency_text(read["latency"]);
  const double value = read.at("value");
  return with_prefix(value, read.at("unit")) + " " + reach(value, read.at("lower"), read.at("upper"));
}

std::string verified_text(const json& record) {
  const json& verification = record.at("verification");
  return verification.is_null() ? "-" : verification.at("pass").get<bool>() ? "yes" : "NO";
}

// It computes, and memory is what it waits for.
bool is_bound_by_memory(const json& record) {
  return !record.at("rates").empty() && &nearest_limit(record) != &record["rates"].front();
}

// "88.7%", or "-" where it is not known.
std::string share_text(const json& share) {
  return share.is_null() ? "-" : fmt::format("{:.1f}%", 100 * share.get<double>());
}

Row row_of(const json& record) {
  Row row;
  const std::string indented = judge::paragraph("  ", case_title(record), 2 + longest_name);
  const std::size_t first_end = indented.find('\n');
  row[name] = indented.substr(2, first_end - 2);
  row.rest_of_name = indented.substr(first_end + 1);
  row[rate] = rate_text(record);
  const json read = record.at("rates").empty() ? json::object() : nearest_limit(record);
  row[peak] = share_text(read.value("share_of_peak", json()));
  row[of_clock] = share_text(read.value("share_of_clock_peak", json()));  // none of bytes
  row[of_issue] = share_text(read.value("share_of_issue_peak", json()));
  row[clock] = number_or_dash(record.at("telemetry").at("clock_megahertz"), "MHz");
  row[power] = number_or_dash(record.at("telemetry").at("power_watts"), "W");
  row[verified] = verified_text(record);
  row[disposition] = disposition_text(record);
  return row;
}

// Columns on a terminal, not bytes: "±" is one column and two bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t to, bool right) {
  const std::string blanks(to - std::min(to, width(text)), ' ');
  return right ? blanks + text : text + blanks;
}

std::string coloured(const std::string& text) {
  const char* colour = text == "pass" ? "32" : text.starts_with("not_supported") ? "33" : "31";
  return fmt::format("\033[{}m{}\033[0m", colour, text);
}

}  // namespace

std::string number_or_dash(const json& value, const char* unit) {
  return value.is_null() ? "-" : fmt::format("{:.0f} {}", value.get<double>(), unit);
}

std::string with_prefix(double value, const std::string& unit) {
  static constexpr const char* prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
  std::size_t step = 0;
  while (std::abs(value) >= 999.5 && step + 1 < std::size(prefixes)) {
    value /= 1000;
    ++step;
  }
  const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}{}", value, decimals, prefixes[step], unit);
}

std::string render_table(const std::vector<json>& records, bool colour) {
  std::vector<Row> rows{{{"CASE", "RATE", "PEAK", "@CLOCK", "@ISSUE", "CLOCK", "POWER", "VERIFIED", "DISPOSITION"}}};
  for (const json& record : records) rows.push_back(row_of(record));
  std::array<std::size_t, columns> widths{};
  for (const Row& row : rows)
    for (int c = 0; c < columns; ++c) widths[c] = std::max(widths[c], width(row[c]));
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (int c = 0; c < disposition; ++c) text += padded(rows[r][c], widths[c], c >= rate && c <= of_issue) + "  ";
    text += (colour && r > 0 ? coloured(rows[r][disposition]) : rows[r][disposition]) + "\n";
    text += rows[r].rest_of_name;
  }
  // remarks and reasons below, so that the columns stay narrow
  if (std::ranges::any_of(rows.begin() + 1, rows.end(), [](const Row& row) { return row[of_issue] != "-"; }))
    text +=
        "note: shares of the peak on paper, @CLOCK at the measured clock, @ISSUE of the fastest peak/* case before "
        "it in its run, else in all that were joined\n";
  if (std::ranges::any_of(records, is_bound_by_memory))
    text +=
        "note: a case that computes is in B/s where memory is the nearer of its limits on paper, and PEAK is of its "
        "bandwidth; FLOP/s are in the record\n";
  for (const json& record : records)
    if (record.contains("notes") && record["notes"].contains("measures"))
      text +=
          fmt::format("note: {} measures {}\n", case_title(record), record["notes"]["measures"].get<std::string>());
  if (std::ranges::any_of(records, [](const json& record) { return record.value("gpu_shared", false); }))
    text += "note: ranks shared GPUs (--share-gpu): no rate is a GPU's own, and none supports a claim\n";
  for (const json& record : records)
    if (!record.at("reason").is_null())
      text += fmt::format("{}: {}: {}\n", disposition_text(record), case_title(record),
                          record.at("reason").get<std::string>());
  return text;
}

}  // namespace petaproof
