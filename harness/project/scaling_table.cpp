#include "harness/project/scaling_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/json/strict.hpp"
#include "harness/project/csv.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::project {
namespace {

const std::vector<std::string> columns{
    "id",       "series",    "kind",          "scaling",      "system",   "gpu",       "gpus", "nodes",
    "workload", "precision", "parallelism",   "global_batch", "seq_len",  "msg_bytes", "algo", "metric",
    "value",    "unit",      "per_gpu_value", "per_gpu_unit", "evidence", "source",    "note"};

constexpr std::int64_t most_gpus =
    100'000'000;  // far above any machine; keeps products within a double's whole numbers
constexpr std::int64_t most_bytes = std::int64_t{1} << 50;
// of any quantity in any unit; beyond, squares and products of the fits would overflow
constexpr double least_value = 1e-30;
constexpr double most_value = 1e30;

// The position in a record of each of `columns`.
std::vector<std::size_t> positions(const CsvRecord& header, const std::string& name) {
  const auto fail = [&](const std::string& what) {
    throw Error(Domain::config, fmt::format("{}: line {}: {}; the columns are {}", name, header.line, what,
                                            fmt::join(columns, ", ")));
  };
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    const std::string& field = header.fields[i];
    if (std::ranges::find(columns, field) == columns.end())
      fail(fmt::format("column {} is {}, which is not known", i + 1, abbreviate(field)));
    if (std::ranges::count(header.fields, field) > 1) fail(fmt::format("column \"{}\" stands there twice", field));
  }
  std::vector<std::size_t> result;
  for (const std::string& column : columns) {
    const auto found = std::ranges::find(header.fields, column);
    if (found == header.fields.end()) fail(fmt::format("column \"{}\" is missing", column));
    result.push_back(static_cast<std::size_t>(found - header.fields.begin()));
  }
  return result;
}

class RowReader {
 public:
  RowReader(const CsvRecord& record, const std::vector<std::size_t>& positions, const std::string& name)
      : record_(record), positions_(positions), name_(name) {}

  const std::string& text(std::string_view column) const {
    const auto index = std::ranges::find(columns, column) - columns.begin();
    return record_.fields[positions_[static_cast<std::size_t>(index)]];
  }

  const std::string& needed(std::string_view column) const {
    if (text(column).empty()) fail(column, "a text");
    return text(column);
  }

  std::int64_t integer(std::string_view column, std::int64_t most) const {
    const std::string& field = text(column);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc{} || end != field.data() + field.size() || value < 1 || value > most)
      fail(column, fmt::format("a whole number from 1 to {}", most));
    return value;
  }

  double number(std::string_view column) const {
    const std::string& field = text(column);
    double value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc{} || end != field.data() + field.size() || !std::isfinite(value) || value <= 0)
      fail(column, "a finite number above 0");
    if (value < least_value || value > most_value)
      fail(column, fmt::format("a number from {} to {}", least_value, most_value));
    return value;
  }

  // Half of the last digit of a number() that may differ from what was rounded: 0.05 of "1.0", 50 of "1100".
  double rounding(std::string_view column) const {
    const std::string& field = text(column);
    const auto exponent = field.find_first_of("eE");
    const std::string digits = field.substr(0, exponent);
    const auto point = digits.find('.');
    double last = 1;
    if (point != std::string::npos)
      last = std::pow(10, -static_cast<double>(digits.size() - point - 1));
    else
      last = std::pow(10, static_cast<double>(digits.size() - 1 - digits.find_last_not_of('0')));
    if (exponent == std::string::npos) return last / 2;
    return last / 2 * std::pow(10, std::stod(field.substr(exponent + 1)));
  }

  Unit unit() const {
    const auto found = find_unit(text("unit"));
    if (!found) fail("unit", fmt::format("one of {}", fmt::join(unit_names(), ", ")));
    return *found;
  }

  [[noreturn]] void fail(std::string_view column, const std::string& expected) const {
    throw Error(Domain::config, fmt::format("{}: line {}, column \"{}\": {} is expected, found {}", name_,
                                            record_.line, column, expected, abbreviate(text(column))));
  }

 private:
  const CsvRecord& record_;
  const std::vector<std::size_t>& positions_;
  const std::string& name_;
};

ScalingRow read_row(const RowReader& reader, int line) {
  ScalingRow row;
  row.line = line;
  row.id = reader.text("id");
  row.series = reader.needed("series");
  row.kind = reader.needed("kind");
  row.scaling = reader.text("scaling");
  row.system = reader.text("system");
  row.gpu = reader.text("gpu");
  row.gpus = reader.integer("gpus", most_gpus);
  row.nodes = reader.integer("nodes", row.gpus);
  row.workload = reader.text("workload");
  row.precision = reader.text("precision");
  row.parallelism = reader.text("parallelism");
  row.global_batch = reader.text("global_batch");
  row.seq_len = reader.text("seq_len");
  if (!reader.text("msg_bytes").empty()) row.msg_bytes = reader.integer("msg_bytes", most_bytes);
  row.algo = reader.text("algo");
  row.metric = reader.needed("metric");
  row.value = reader.number("value");
  row.unit = reader.unit();
  row.value_rounding = reader.rounding("value");
  row.per_gpu_unit = reader.text("per_gpu_unit");
  if (!reader.text("per_gpu_value").empty()) {
    row.per_gpu_value = reader.number("per_gpu_value");
    row.per_gpu_rounding = reader.rounding("per_gpu_value");
  }
  row.note = reader.text("note");
  return row;
}

}  // namespace

std::vector<ScalingRow> parse_scaling_table(std::string_view text, const std::string& name) {
  const auto records = parse_csv(text, name);
  const auto where = positions(records.front(), name);
  std::vector<ScalingRow> rows;
  for (std::size_t i = 1; i < records.size(); ++i) {
    const CsvRecord& record = records[i];
    if (record.fields.size() != columns.size())
      throw Error(Domain::config, fmt::format("{}: line {}: {} fields are expected, as the header has, found {}",
                                              name, record.line, columns.size(), record.fields.size()));
    rows.push_back(read_row(RowReader(record, where, name), record.line));
  }
  if (rows.empty()) throw Error(Domain::config, fmt::format("{}: a header and no rows: nothing to project", name));
  return rows;
}

std::vector<ScalingRow> load_scaling_table(const std::filesystem::path& path) {
  return parse_scaling_table(read_text_file(path, "scaling table, CSV,"), path.string());
}

}  // namespace petaproof::project
