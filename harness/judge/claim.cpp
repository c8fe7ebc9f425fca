#include "harness/judge/claim.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "harness/json/strict.hpp"

namespace petaproof::judge {
namespace {

constexpr const char* unspecified = "unspecified";

struct Unit {
  const char* name;
  double tflops;
};
constexpr std::array units{Unit{"TFLOP/s", 1}, Unit{"PFLOP/s", 1e3}, Unit{"EFLOP/s", 1e6}};

constexpr std::array existences{Existence::unspecified, Existence::operational, Existence::planned,
                                Existence::contracted};

// INT8 operations are not FLOP: no claim in FLOP/s can mean them.
std::vector<std::string> claimable_precisions() {
  auto names = names_of(all_precisions());
  std::erase(names, std::string(to_string(Precision::int8)));
  return names;
}

// One of the names, or nothing where the claim leaves it open; a claim that forgets to say so is refused,
// since silence and "not stated" are different things in a file that people copy from.
std::optional<std::string> stated(StrictObject& object, const std::string& key, std::vector<std::string> allowed) {
  allowed.emplace_back(unspecified);
  const std::string word = object.choice(key, allowed);
  return word == unspecified ? std::nullopt : std::optional(word);
}

// `value_key` holds the number for programs, "printed" the form that the claim prints, from which rounding
// follows.
PrintedNumber printed_number(StrictObject& object, const std::string& value_key, double value, std::string shortest) {
  const bool exact = object.choice("rounding", {"printed", "exact"}, "printed") == "exact";
  const std::string printed = object.text("printed", std::move(shortest));
  const auto number = read_printed(printed, exact);
  if (!number)
    object.fail("printed", fmt::format("a number as printed is expected, such as \"240\", \"239.5\" or \"4,000\", "
                                       "found \"{}\"",
                                       printed));
  if (number->value != value)
    object.fail("printed", fmt::format("\"{}\" is not the value of \"{}\", which is {}", printed, value_key, value));
  return *number;
}

void read_compute(StrictObject compute, Claim& claim) {
  const double value = compute.number("value", 0);
  claim.compute = printed_number(compute, "value", value, fmt::format("{}", value));

  std::vector<std::string> unit_names;
  for (const Unit& unit : units) unit_names.emplace_back(unit.name);
  claim.unit = compute.choice("unit", unit_names);
  claim.unit_tflops = std::ranges::find(units, claim.unit, &Unit::name)->tflops;

  if (const auto word = stated(compute, "kind", names_of(all_kinds()))) claim.kind = find_kind(*word);
  if (const auto word = stated(compute, "precision", claimable_precisions())) claim.precision = find_precision(*word);
  if (const auto word = stated(compute, "sparsity", names_of(all_sparsities())))
    claim.sparsity = find_sparsity(*word);
  compute.finish();
}

void read_gpus(StrictObject gpus, const HardwareDatabase& hardware, Claim& claim) {
  constexpr std::int64_t most = 100'000'000;
  const auto count = gpus.integer("count", 1, most);
  claim.gpus = printed_number(gpus, "count", static_cast<double>(count), std::to_string(count));
  claim.model = stated(gpus, "model", hardware.ids());
  gpus.finish();
}

// The models to read the claim with: its own, or those that the file assumes in its place, never both.
void read_models(StrictObject& file, const HardwareDatabase& hardware, Claim& claim) {
  const std::string key = "assume_gpus";
  file.ignore(key);
  if (claim.model) {
    if (file.has(key)) file.fail(key, "the claim states its GPU model, so nothing may be assumed here");
    claim.models = {*claim.model};
    return;
  }
  claim.models = file.texts(key);
  if (claim.models.empty()) file.fail(key, "the GPU model is unspecified: at least one hardware id is expected");
  for (std::size_t i = 0; i < claim.models.size(); ++i) {
    const std::string where = fmt::format("{}[{}]", key, i);
    if (hardware.find(claim.models[i]) == nullptr)
      file.fail(where,
                fmt::format("one of {} is expected, found \"{}\"", fmt::join(hardware.ids(), ", "), claim.models[i]));
    if (std::ranges::count(claim.models, claim.models[i]) > 1)
      file.fail(where, fmt::format("\"{}\" is given twice", claim.models[i]));
  }
}

bool is_date(const std::string& text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((i == 4 || i == 7) ? text[i] != '-' : (text[i] < '0' || text[i] > '9')) return false;
  return true;
}

}  // namespace

std::string_view to_string(Existence existence) {
  switch (existence) {
    case Existence::unspecified: return unspecified;
    case Existence::operational: return "operational";
    case Existence::planned: return "planned";
    case Existence::contracted: return "contracted";
  }
  return "unknown";
}

std::vector<std::string> Claim::not_stated() const {
  std::vector<std::string> words;
  if (!model) words.emplace_back("GPU model");
  if (!precision) words.emplace_back("precision");
  if (!sparsity) words.emplace_back("sparsity");
  if (!kind) words.emplace_back("kind");
  return words;
}

Claim load_claim(const std::filesystem::path& path, const HardwareDatabase& hardware) {
  const nlohmann::json json = read_json_file(path);
  StrictObject file(json, path.string());
  file.choice("schema", {"petaproof-claim/1"});

  Claim claim;
  claim.id = file.text("id");
  claim.quote = file.text("quote");
  claim.subject = file.text("subject", "");
  claim.source = file.text("source");
  claim.as_of = file.text("as_of", "");
  if (!claim.as_of.empty() && !is_date(claim.as_of))
    file.fail("as_of", fmt::format("a date as 2025-01-31 is expected, found \"{}\"", claim.as_of));
  const std::string status = file.choice("status", names_of(std::span<const Existence>(existences)));
  claim.existence = *std::ranges::find(existences, status, [](Existence e) { return std::string(to_string(e)); });
  read_compute(file.object("compute"), claim);
  read_gpus(file.object("gpus"), hardware, claim);
  read_models(file, hardware, claim);
  file.finish();
  return claim;
}

Need need_of(const Claim& claim) {
  const WholeRange gpus = whole_range(claim.gpus);
  Need need;
  need.total_tflops = claim.compute.value * claim.unit_tflops;
  need.total_lower_tflops = claim.compute.lower * claim.unit_tflops;
  need.total_upper_tflops = claim.compute.upper * claim.unit_tflops;
  need.gpus = static_cast<std::int64_t>(claim.gpus.value);
  need.gpus_min = gpus.min;
  need.gpus_max = gpus.max;
  need.per_gpu_tflops = need.total_tflops / static_cast<double>(need.gpus);
  need.per_gpu_lower_tflops = need.total_lower_tflops / static_cast<double>(need.gpus_max);
  need.per_gpu_upper_tflops = need.total_upper_tflops / static_cast<double>(need.gpus_min);
  return need;
}

}  // namespace petaproof::judge
