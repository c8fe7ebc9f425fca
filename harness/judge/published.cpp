#include "harness/judge/published.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/json/strict.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

// What all GPUs do together, where the source prints the rate of each: the interval of rounding grows with the count.
PrintedNumber times(const PrintedNumber& each, std::int64_t count) {
  const auto n = static_cast<double>(count);
  return {fmt::format("{}", each.value * n), each.value * n, each.exact, each.lower * n, each.upper * n};
}

PublishedResult result_of(StrictObject& object, const HardwareDatabase& hardware) {
  PublishedResult result;
  result.id = object.text("id");
  result.system = object.text("system");
  object.ignore("known_as");
  if (object.has("known_as")) result.known_as = object.texts("known_as");
  result.hardware_id = object.choice("gpu", hardware.ids());
  result.kind = *find_kind(object.choice("kind", names_of(all_kinds())));
  result.benchmark = object.text("benchmark", "");
  result.sequence = object.integer("sequence", 1, longest_sequence, 0);
  if (result.sequence > 0 && result.kind != Kind::training && result.kind != Kind::goodput)
    object.fail("sequence", "only training has sequences");
  result.precision = *find_precision(object.choice("precision", names_of(all_precisions())));
  result.gpus = object.integer("gpus", 1, 100'000'000);
  result.nodes = object.integer("nodes", 1, 100'000'000, 0);
  const auto value = read_printed(object.text("printed"), false);
  if (!value || value->value <= 0) object.fail("printed", "a number above 0 is expected, as its source prints it");
  const bool each = object.choice("per", {"GPU", "all GPUs"}, "all GPUs") == "GPU";
  result.value = each ? times(*value, result.gpus) : *value;
  result.unit = object.choice("unit", {"TFLOP/s", "PFLOP/s", "EFLOP/s"});
  result.unit_tflops = result.unit == "TFLOP/s" ? 1 : result.unit == "PFLOP/s" ? 1e3 : 1e6;
  result.source = object.text("source");
  result.status = object.choice("status", {"read", "recalled"}) == "read" ? Status::read : Status::recalled;
  result.note = object.text("note", "");
  object.finish();

  const Figure* peak = hardware.find(result.hardware_id)->peak(result.precision, Sparsity::dense);
  if (peak == nullptr) object.fail("precision", "the GPU has no such peak");
  if (result.per_gpu_tflops() > peak->highest())
    object.fail("printed",
                fmt::format("{} TFLOP/s per GPU exceed its peak of {}", result.per_gpu_tflops(), peak->highest()));
  return result;
}

std::string some_ids(const std::vector<PublishedResult>& results) {
  constexpr std::size_t most = 8;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < std::min(most, results.size()); ++i) ids.push_back(results[i].id);
  const std::string more = results.size() > most ? fmt::format(" and {} more", results.size() - most) : "";
  return fmt::format("{}{}", fmt::join(ids, ", "), more);
}

}  // namespace

PublishedResults PublishedResults::load(const std::filesystem::path& folder, const HardwareDatabase& hardware) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;  // a folder that is not there has no files
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);

  PublishedResults results;
  for (const auto& path : files) {
    const nlohmann::json json = read_json_file(path);
    StrictObject file(json, path.string());
    file.choice("schema", {"petaproof-published/1"});
    for (auto& object : file.objects("results")) {
      PublishedResult result = result_of(object, hardware);
      if (results.find(result.id) != nullptr) object.fail("id", fmt::format("\"{}\" is given twice", result.id));
      results.all_.push_back(std::move(result));
    }
    file.finish();
  }
  return results;
}

const PublishedResult* PublishedResults::find(std::string_view id) const {
  const auto found = std::ranges::find(all_, id, &PublishedResult::id);
  return found == all_.end() ? nullptr : &*found;
}

std::vector<PublishedResult> PublishedResults::attached_to(const std::vector<std::string>& ids,
                                                           const std::string& claim_id) const {
  std::vector<PublishedResult> attached;
  for (const auto& id : ids) {
    const PublishedResult* result = find(id);
    if (result == nullptr)
      throw Error(Domain::config, fmt::format("claim {}: no published result is called {}; there are {}", claim_id,
                                              abbreviate(id), some_ids(all_)));
    attached.push_back(*result);
  }
  return attached;
}

}  // namespace petaproof::judge
