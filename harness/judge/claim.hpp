// A published claim as data: configs/claims/<id>.json.
//
// What the claim does not state is `unspecified` in the file and empty here. It is never filled in:
// readings.hpp expands it into every reading that it leaves open. A claim is whatever figures one sentence or
// article states of one thing: compute, GPUs, power, PUE, racks, money, a rank, a building time; each is judged,
// or stands under `not_judged` with the reason.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/judge/dimensions.hpp"
#include "harness/judge/hardware.hpp"
#include "harness/judge/rounding.hpp"

namespace petaproof::judge {

/// Whether what is claimed is said to exist. What is planned or contracted cannot be measured yet.
enum class Existence { unspecified, operational, planned, contracted };
std::string_view to_string(Existence existence);

/// A printed number with its unit. `factor` makes it the base unit of its kind: W, TFLOP/s, days, EUR or USD.
struct Amount {
  PrintedNumber number;
  std::string unit;
  double factor = 1;

  double value() const { return number.value * factor; }
  double lower() const { return number.lower * factor; }
  double upper() const { return number.upper * factor; }
  std::string text() const;  // "240 PFLOP/s", thousands grouped
};

/// A precision as a claim states it.
class StatedPrecision {
 public:
  StatedPrecision(Precision unit) : unit_(unit) {}  // implicit: one unit is a statement
  /// "fp64" is FP64 by whichever unit a library takes, which on GPUs that have them are the tensor cores;
  /// "fp64_vector" and "fp64_tensor" name one. Nothing for an unknown word, or for INT8, whose operations are no
  /// FLOP.
  static std::optional<StatedPrecision> find(std::string_view word);
  static std::vector<std::string> words();

  std::string_view word() const;
  bool is_fp64() const { return unit_ == Precision::fp64 || unit_ == Precision::fp64_tensor; }
  bool may_mean(Precision precision, Emulation emulation, const Hardware& gpu) const;

  friend bool operator==(const StatedPrecision&, const StatedPrecision&) = default;

 private:
  Precision unit_;
  bool any_fp64_ = false;
};

struct ComputeClaim {
  Amount amount;  // base unit TFLOP/s
  std::optional<Kind> kind;
  std::string benchmark;      // "HPL", "HPL-MxP", the model that is trained; empty if none is named
  std::int64_t sequence = 0;  // tokens of a training sequence; 0: not named
  std::optional<StatedPrecision> precision;
  std::optional<Sparsity> sparsity;
  std::optional<Emulation> emulation;

  /// HPL solves in FP64; HPL-MxP factorises in less, and is credited as if it did not.
  bool benchmark_excludes_precision() const {
    return precision &&
           ((benchmark == "HPL" && !precision->is_fp64()) || (benchmark == "HPL-MxP" && precision->is_fp64()));
  }
  /// Whether the claim leaves this open, or states it.
  bool may_mean(Precision one, Sparsity sparse, Emulation emulated, const Hardware& gpu) const {
    return (!precision || precision->may_mean(one, emulated, gpu)) && (!sparsity || *sparsity == sparse) &&
           (!emulation || *emulation == emulated);
  }
};

/// What the claim counts. A superchip may hold four packages, a pair two, a package two dies.
enum class GpuUnit { package, die, superchip, pair, node, h100_equivalent };
std::string_view to_string(GpuUnit unit);

struct GpuClaim {
  PrintedNumber count;
  std::optional<GpuUnit> unit;
};

/// Where the power is meant to be metered: the grid connection, all of the site, its IT load, the GPUs alone.
enum class MeterPoint { grid, facility, it, gpu };
std::string_view to_string(MeterPoint point);
/// What the figure is: what the site could draw, what was bought, what it draws.
enum class PowerMeaning { capacity, contracted, average };
std::string_view to_string(PowerMeaning meaning);

struct PowerClaim {
  Amount amount;  // base unit W
  std::optional<MeterPoint> point;
  std::optional<PowerMeaning> meaning;
  bool of_all_sites = false;  // of everything that the party has, not of one site

  /// What draws it, for a sentence.
  std::string_view sites() const { return of_all_sites ? "all sites together" : "the site"; }
};

struct PueClaim {
  PrintedNumber value;
  bool is_upper_bound = false;  // "under 1.1"
  std::string period;           // "annual", "design", "instant"; empty: unspecified
};

/// Power of one rack, from `low` to `high`, each in its own unit as printed.
struct RackClaim {
  std::string of;  // "new architectures"
  Amount low;
  Amount high;
  std::vector<std::string> models;  // hardware ids of what is in it; empty: not stated
  bool every = false;               // it is said of every rack, so that one is enough to refute it
};

struct MoneyClaim {
  Amount amount;  // base unit one of its currency
  std::string currency;
};

struct RankClaim {
  std::int64_t place = 1;
  std::string among;  // "AI clusters in France"
  std::string by;     // the metric; empty: not stated
};

struct BuildTimeClaim {
  Amount amount;  // base unit days
};

/// When something is to exist. Dates as 2026-12-31, so that text order is time's.
struct Due {
  std::string printed;
  std::string earliest;
  std::string latest;
};

struct NotJudged {
  std::string figure;  // word for word
  std::string why;
};

struct Claim {
  std::string id;
  std::string quote;    // word for word
  std::string subject;  // who or what it is about; may be empty
  std::string system;   // the machine, as configs/published names it; empty: the subject tells
  std::string party;    // who claims it; empty: not said. Claims of one party are compared
  std::string source;
  std::string as_of;  // date; may be empty
  Existence existence = Existence::unspecified;
  std::optional<Due> due;

  std::optional<ComputeClaim> compute;
  std::optional<GpuClaim> gpus;
  std::optional<PowerClaim> power;
  std::optional<PueClaim> pue;
  std::vector<RackClaim> racks;
  std::optional<MoneyClaim> money;
  std::optional<RankClaim> rank;
  std::optional<BuildTimeClaim> build_time;
  std::vector<NotJudged> not_judged;

  std::optional<std::string> model;           // a hardware id
  std::vector<std::string> models;            // the one stated, or those that the file says to assume
  std::vector<std::string> attached_results;  // ids of configs/published, of this very system: attached.hpp

  /// What is left open of a claim in FLOP/s, as words for a reader: "GPU model", "precision", "kind", "GPU count",
  /// "GPU unit".
  std::vector<std::string> not_stated() const;
  /// Less power than can be meant: of less than a hundredth of what so many GPUs draw, or of a site that is less than
  /// one node. W or kW are printed where MW was meant.
  bool power_in_another_unit() const;
  /// The same with its power's number in MW: what may be meant where power_in_another_unit().
  Claim with_power_in_megawatts() const;
  bool is_future() const { return existence == Existence::planned || existence == Existence::contracted; }
};

/// Error(config), one line with file, JSON path and what is allowed, for anything that is not a claim: an
/// unknown key, unit, precision or GPU, a count or value of 0 or below, a printed form that is another
/// number.
Claim load_claim(const std::filesystem::path& file, const HardwareDatabase& hardware);

/// Figures of the quote that the file maps to nothing, neither to a claim nor to `not_judged`.
std::vector<std::string> unmapped_figures(const Claim& claim);

/// What contradicts itself within the claim, one sentence each: a date before the source's, a range upside down.
std::vector<std::string> contradictions(const Claim& claim);

}  // namespace petaproof::judge
