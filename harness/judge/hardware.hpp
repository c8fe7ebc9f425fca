// What is known about GPUs on paper: configs/hardware/<id>.json, one file per GPU.
//
// Every figure carries where it comes from and whether it was read there or is recalled. Peaks are per GPU,
// in TFLOP/s; 2:4 sparsity never enters a dense figure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/judge/dimensions.hpp"

namespace petaproof::judge {

enum class Status { read, recalled };
std::string_view to_string(Status status);

/// A figure that another source prints for the same thing.
struct Conflict {
  double value = 0;
  std::string source;
  Status status = Status::recalled;
};

struct Figure {
  double value = 0;
  std::string source;  // the full text, not the key that the file uses for it
  Status status = Status::recalled;
  std::string derivation;  // how it follows from others; empty for a figure taken as it stands
  std::vector<Conflict> conflicts;

  /// The largest that any source prints: what a refutation has to use.
  double highest() const;
};

struct TextFigure {
  std::string value;
  std::string source;
  Status status = Status::recalled;
};

using Figures = std::map<std::string, Figure>;  // by key, with the unit in the key: "tdp_w"
using PrecisionFigures = std::map<Precision, Figure>;

struct Memory {
  TextFigure type;
  Figures figures;  // capacity_gb, bandwidth_tbs
};

/// Peaks that the vendor has withdrawn; they explain claims, they never judge one.
struct SupersededPeaks {
  std::string edition;
  PrecisionFigures dense_tflops;
};

struct Hardware {
  std::string id;          // "h100-sxm-80gb"
  std::string name;        // "NVIDIA H100 SXM5 80GB"
  std::string short_name;  // "H100 SXM (80 GB)"
  std::string vendor;
  std::string architecture;
  std::string compute_capability;          // "9.0"; empty if not known
  std::vector<TextFigure> reported_names;  // as the driver reports the GPU
  PrecisionFigures peak_dense;             // TFLOP/s; int8: TOP/s
  PrecisionFigures peak_sparse;            // the same with 2:4 sparsity
  /// Why there is no dense peak of a precision that the GPU has. What is neither here nor there it does not have.
  std::map<Precision, std::string> peak_dense_left_out;
  PrecisionFigures flops_per_clock;      // dense, whole GPU; absent where the datasheet does not bear it out
  std::string flops_per_clock_left_out;  // why, where some or all are absent
  std::optional<SupersededPeaks> superseded;
  Figures silicon;             // sm_count, boost_clock_mhz, max_sm_clock_mhz, l2_mb, ...
  std::vector<Memory> memory;  // more than one where the part is sold in variants
  TextFigure link_type;
  Figures link;  // bidirectional_gbs, ...
  /// tdp_w, ...; node_per_gpu_w_low, _high: AC power of a node or rack per GPU in it, from training as metered to
  /// the nameplate; rack_kw_low, _high: of a rack that is sold as one product
  Figures power;
  /// Of the machine that the GPU is sold in, where there is one: HGX and DGX, or a compute tray of a rack. A rack
  /// that is sold as one product has more than its trays: their meters leave out its switches.
  std::optional<Figure> gpus_per_node;
  std::optional<Figure> gpus_per_rack;
  std::vector<std::string> notes;

  /// Whether it multiplies in this precision.
  bool has(Precision precision) const;
  /// The peak on paper, TFLOP/s; null where the GPU lacks this precision or sparsity, or none is published.
  const Figure* peak(Precision precision, Sparsity sparsity) const;
  /// FLOP per clock of the whole GPU; nothing where it is not known.
  std::optional<double> flop_per_clock(Precision precision, Sparsity sparsity) const;
  std::optional<double> max_sm_clock_mhz() const;
  /// TB/s, of the fastest of the variants that it is sold in, by the kindest source; null where none is known. Use
  /// highest().
  const Figure* memory_bandwidth() const;
  /// default_gpus_per_node where the file does not say.
  std::int64_t node_gpus() const;
  /// W of the lowest power limit that the model comes with, by any source; nothing without a TDP.
  std::optional<double> least_usual_limit_watts() const;
};

/// Of the bandwidth on paper, which is rounded: what no memory exceeds. An H200's pins move 4.917 TB/s (6,144 bits at
/// twice 3,201 MHz, recalled), 2.4 % more than its 4.8.
inline constexpr double most_of_printed_bandwidth = 1.03;

class HardwareDatabase {
 public:
  /// Reads every *.json of a folder. Error(config), with file and JSON path, on the first that is wrong.
  static HardwareDatabase load(const std::filesystem::path& folder);

  const Hardware* find(std::string_view id) const;
  /// By the name that the driver reports; null if no file lists it.
  const Hardware* find_reported(std::string_view name) const;
  const std::vector<Hardware>& all() const { return all_; }  // ordered by id
  std::vector<std::string> ids() const;

 private:
  std::vector<Hardware> all_;
};

/// One file. Error(config) if it is not what this header describes.
Hardware load_hardware(const std::filesystem::path& file);

}  // namespace petaproof::judge
