#include "harness/judge/hardware.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/json/sources.hpp"
#include "harness/judge/sample_size.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::judge {
namespace {

// The largest that are sold as one: a rack may be one node to its scheduler, and racks of 576 have been announced.
constexpr std::int64_t most_gpus_per_node = 72;
constexpr std::int64_t most_gpus_per_rack = 576;

Status status_of(StrictObject& figure) {
  return figure.choice("status", {"read", "recalled"}) == "read" ? Status::read : Status::recalled;
}

Figure figure_of(StrictObject object, Sources& sources) {
  Figure figure;
  figure.value = object.number("value", 0);
  figure.source = sources.cite(object);
  figure.status = status_of(object);
  figure.derivation = object.text("derivation", "");
  if (object.has("conflicts"))
    for (auto& other : object.objects("conflicts")) {
      figure.conflicts.push_back({other.number("value", 0), sources.cite(other), status_of(other)});
      const std::string note = other.text("note", "");
      if (!note.empty()) figure.conflicts.back().source += "; " + note;
      other.finish();
    }
  object.finish();
  return figure;
}

// A whole number of GPUs: checked before figure_of(), which takes any number.
std::optional<Figure> gpus_of(StrictObject& file, const std::string& key, std::int64_t most, Sources& sources) {
  file.ignore(key);
  if (!file.has(key)) return std::nullopt;
  file.object(key).integer("value", 1, most);
  return figure_of(file.object(key), sources);
}

TextFigure text_figure_of(StrictObject object, Sources& sources) {
  TextFigure figure{object.text("value"), sources.cite(object), status_of(object)};
  object.finish();
  return figure;
}

// Each allowed key that is present; `finish` of the caller's object names the allowed ones for any other.
Figures figures_of(StrictObject& object, const std::vector<std::string>& allowed, Sources& sources) {
  Figures figures;
  for (const auto& key : allowed) {
    object.ignore(key);
    if (object.has(key)) figures.emplace(key, figure_of(object.object(key), sources));
  }
  return figures;
}

void add_by_precision(StrictObject& file, const std::string& key, Sources& sources, PrecisionFigures& figures) {
  file.ignore(key);
  if (!file.has(key)) return;
  StrictObject object = file.object(key);
  // INT8 operations are not FLOP and have their own keys, with their own unit in the name
  const bool operations = key.find("flop") == std::string::npos;
  for (const Precision precision : all_precisions()) {
    const std::string name(to_string(precision));
    if ((precision == Precision::int8) != operations) continue;
    object.ignore(name);
    if (object.has(name)) figures.emplace(precision, figure_of(object.object(name), sources));
  }
  object.finish();
}

std::map<Precision, std::string> read_left_out(StrictObject& file, const PrecisionFigures& peaks) {
  const std::string key = "peak_dense_left_out";
  std::map<Precision, std::string> reasons;
  if (!file.has(key)) return reasons;
  StrictObject object = file.object(key);
  for (const Precision precision : all_precisions()) {
    const std::string name(to_string(precision));
    object.ignore(name);
    if (!object.has(name)) continue;
    if (peaks.contains(precision)) object.fail(name, "there is a dense peak of this precision");
    reasons.emplace(precision, object.text(name));
  }
  object.finish();
  return reasons;
}

void check_flops_per_clock(const Hardware& gpu, StrictObject& file) {
  for (const auto& [precision, figure] : gpu.flops_per_clock) {
    const std::string where = fmt::format("flops_per_clock_dense.{}", to_string(precision));
    if (figure.derivation.empty()) file.fail(where, "the key \"derivation\" is missing");
    if (!gpu.peak_dense.contains(precision)) file.fail(where, "there is no dense peak of this precision");
  }
  if (!gpu.flops_per_clock.empty() && !gpu.silicon.contains("max_sm_clock_mhz"))
    file.fail("silicon", "FLOPs per clock are given, so max_sm_clock_mhz is needed");
}

}  // namespace

std::string_view to_string(Status status) {
  return status == Status::read ? "read" : "recalled";
}

double Figure::highest() const {
  double result = value;
  for (const auto& conflict : conflicts) result = std::max(result, conflict.value);
  return result;
}

bool Hardware::has(Precision precision) const {
  return peak_dense.contains(precision) || peak_dense_left_out.contains(precision);
}

const Figure* Hardware::peak(Precision precision, Sparsity sparsity) const {
  const PrecisionFigures& peaks = sparsity == Sparsity::dense ? peak_dense : peak_sparse;
  const auto found = peaks.find(precision);
  return found == peaks.end() ? nullptr : &found->second;
}

std::optional<double> Hardware::flop_per_clock(Precision precision, Sparsity sparsity) const {
  const auto found = flops_per_clock.find(precision);
  if (found == flops_per_clock.end()) return std::nullopt;
  // 2:4 by definition: the same instructions are credited with the products they skip, as many as they make
  return found->second.value * (sparsity == Sparsity::dense ? 1 : 2);
}

const Figure* Hardware::memory_bandwidth() const {
  const Figure* fastest = nullptr;
  for (const Memory& variant : memory)
    if (const auto found = variant.figures.find("bandwidth_tbs"); found != variant.figures.end())
      if (!fastest || found->second.highest() > fastest->highest()) fastest = &found->second;
  return fastest;
}

std::optional<double> Hardware::max_sm_clock_mhz() const {
  const auto found = silicon.find("max_sm_clock_mhz");
  return found == silicon.end() ? std::nullopt : std::optional(found->second.value);
}

std::int64_t Hardware::node_gpus() const {
  return gpus_per_node ? static_cast<std::int64_t>(gpus_per_node->value) : default_gpus_per_node;
}

std::optional<double> Hardware::least_usual_limit_watts() const {
  const auto tdp = power.find("tdp_w");
  if (tdp == power.end()) return std::nullopt;
  double least = tdp->second.value;
  for (const auto& conflict : tdp->second.conflicts) least = std::min(least, conflict.value);
  if (const auto found = power.find("default_setpoint_w"); found != power.end())
    least = std::min(least, found->second.value);
  return least;
}

Hardware load_hardware(const std::filesystem::path& path) {
  const nlohmann::json json = read_json_file(path);
  StrictObject file(json, path.string());
  file.choice("schema", {"petaproof-hardware/1"});
  Sources sources(file.object("sources"));

  Hardware gpu;
  gpu.id = file.choice("id", {path.stem().string()});  // the id is the file's name
  gpu.name = file.text("name");
  gpu.short_name = file.text("short_name");
  gpu.vendor = file.text("vendor");
  gpu.architecture = file.text("architecture");
  gpu.compute_capability = file.text("compute_capability", "");
  for (auto& name : file.objects("reported_names")) gpu.reported_names.push_back(text_figure_of(name, sources));

  add_by_precision(file, "peak_dense_tflops", sources, gpu.peak_dense);
  add_by_precision(file, "peak_dense_tops", sources, gpu.peak_dense);
  file.ignore("peak_dense_left_out");
  gpu.peak_dense_left_out = read_left_out(file, gpu.peak_dense);
  add_by_precision(file, "peak_sparse_tflops", sources, gpu.peak_sparse);
  add_by_precision(file, "peak_sparse_tops", sources, gpu.peak_sparse);
  add_by_precision(file, "flops_per_clock_dense", sources, gpu.flops_per_clock);
  add_by_precision(file, "ops_per_clock_dense", sources, gpu.flops_per_clock);
  gpu.flops_per_clock_left_out = file.text("flops_per_clock_left_out", "");
  for (const char* optional : {"superseded_peaks", "silicon", "notes"}) file.ignore(optional);
  if (file.has("superseded_peaks")) {
    StrictObject old = file.object("superseded_peaks");
    gpu.superseded.emplace().edition = old.text("edition");
    add_by_precision(old, "peak_dense_tflops", sources, gpu.superseded->dense_tflops);
    old.finish();
  }

  if (file.has("silicon")) {
    StrictObject silicon = file.object("silicon");
    gpu.silicon = figures_of(
        silicon,
        {"sm_count", "compute_unit_count", "boost_clock_mhz", "max_sm_clock_mhz", "l2_mb", "last_level_cache_mb"},
        sources);
    silicon.finish();
  }
  for (auto& memory : file.objects("memory")) {
    gpu.memory.push_back({text_figure_of(memory.object("type"), sources),
                          figures_of(memory, {"capacity_gb", "bandwidth_tbs"}, sources)});
    memory.finish();
  }
  StrictObject link = file.object("link");
  gpu.link_type = text_figure_of(link.object("type"), sources);
  gpu.link = figures_of(link,
                        {"bidirectional_gbs", "unidirectional_gbs", "per_peer_unidirectional_gbs",
                         "chip_to_chip_bidirectional_gbs", "chip_to_chip_unidirectional_gbs"},
                        sources);
  link.finish();
  StrictObject power = file.object("power");
  gpu.power = figures_of(power,
                         {"tdp_w", "default_setpoint_w", "range_min_w", "range_max_w", "node_per_gpu_w_low",
                          "node_per_gpu_w_high", "rack_kw_low", "rack_kw_high"},
                         sources);
  power.finish();
  gpu.gpus_per_node = gpus_of(file, "gpus_per_node", most_gpus_per_node, sources);
  gpu.gpus_per_rack = gpus_of(file, "gpus_per_rack", most_gpus_per_rack, sources);
  if (file.has("notes")) gpu.notes = file.texts("notes");

  file.finish();
  check_flops_per_clock(gpu, file);
  sources.finish();
  return gpu;
}

HardwareDatabase HardwareDatabase::load(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;  // a folder that is not there has no files
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  if (files.empty())
    throw Error(Domain::config, fmt::format("{}: no hardware file (*.json) was found there", folder.string()));
  std::ranges::sort(files);

  HardwareDatabase database;
  for (const auto& file : files) database.all_.push_back(load_hardware(file));
  return database;
}

const Hardware* HardwareDatabase::find(std::string_view id) const {
  const auto found = std::ranges::find(all_, id, &Hardware::id);
  return found == all_.end() ? nullptr : &*found;
}

const Hardware* HardwareDatabase::find_reported(std::string_view name) const {
  for (const auto& gpu : all_)
    if (std::ranges::find(gpu.reported_names, name, &TextFigure::value) != gpu.reported_names.end()) return &gpu;
  return nullptr;
}

std::vector<std::string> HardwareDatabase::ids() const {
  std::vector<std::string> result;
  for (const auto& gpu : all_) result.push_back(gpu.id);
  return result;
}

}  // namespace petaproof::judge
