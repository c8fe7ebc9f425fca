// The one interface: a workload is one thing that can be measured.
//
// To add one, write one file: a class derived from Workload and one line that registers it,
//
//   // needs: openblas
//   class Openblas : public Workload { ... };
//   PETAPROOF_WORKLOAD("gemm/openblas", Openblas);
//
// The measuring loop (kernels/measure) drives it:
//
//   refusal -> prepare -> search -> launch, verify each slot -> warm up -> poison outputs -> launch (timed) -> verify
//   again
//
// Slots: a workload holds several independent sets of operands and results, so that back-to-back launches do not
// find their operands in cache. Slot s uses operands that differ from those of every other slot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/device/device.hpp"
#include "kernels/params.hpp"
#include "kernels/registry.hpp"

namespace petaproof {

/// The distribution of the input data; only `normal` may back a claim.
enum class Fill { normal, uniform, integers, zeros };

std::string_view to_string(Fill fill);
std::optional<Fill> fill_from(std::string_view name);

struct WorkloadInfo {
  std::string summary;  // one line, for `list`
  std::string backend;  // the backend whose devices it runs on
  std::vector<ParamSpec> params;
  bool collective = false;  // every rank takes part in each launch
  bool searches = false;    // may have candidates(), on any rank
};

/// One quantity of work done by one launch on one rank: 2*M*N*K FLOP, or bytes moved. Formulas: kernels/flops.hpp
/// and collectives/busbw.hpp. A latency is a rate too: `loads`, of which each waits for the one before, over time;
/// records and tables show it turned over, as time per load.
struct Quantity {
  std::string_view
      name;  // "flops", "customary_flops", "ops" (of integers), "bytes", "link_bytes", "loads", "busbw", "algbw"
  std::string_view unit;  // "FLOP", "OP", "B" or "load"
  double per_launch = 0;
};

/// Where a case is to run.
struct Setting {
  const Device& device;
  int ranks = 1;
};

/// Everything a workload is given when it prepares; outlives it.
class Context {
 public:
  Context(Device& on, const Params& with, Fill filled, std::uint64_t seeded)
      : device(on), params(with), fill(filled), seed(seeded) {}
  virtual ~Context() = default;

  /// How many slots of `slot_bytes` each it takes to overflow the cache three times: at least 2, at most 4096.
  virtual int slots_for(std::int64_t slot_bytes) const;

  Device& device;
  const Params& params;
  const Fill fill;
  const std::uint64_t seed;
};

/// The outcome of checking the results of one slot against an independent oracle.
struct Verification {
  bool pass = false;
  /// On failure: where, expected, got. On success: how it was checked.
  std::string detail = {};
  std::int64_t elements_checked = 0;
  /// Largest error over its bound among the elements checked; 0 for exact comparisons.
  double worst_error_over_bound = 0;

  static Verification failed(std::string detail) { return {false, std::move(detail), 0, 0}; }
};

/// A refusal for a case that needs `bytes` of a device that has less; nothing if it fits.
std::optional<std::string> memory_shortage(std::int64_t bytes, const DeviceFacts& facts);

class Workload {
 public:
  virtual ~Workload() = default;

  virtual const WorkloadInfo& info() const = 0;

  /// Empty if a GPU of this compute capability, as major * 10 + minor, has what the case needs; otherwise what that
  /// is. Whatever else may be missing, a library, memory, is refusal()'s to say: this holds for every GPU of its
  /// kind, and so is known before one is seen (harness/record/prediction.hpp).
  virtual std::optional<std::string> capability_refusal(int capability, const Params& params) const {
    static_cast<void>(capability);
    static_cast<void>(params);
    return std::nullopt;
  }

  /// Empty if the case can run here; otherwise the reason why not. Asked where capability_refusal() has no objection.
  /// Must not allocate.
  virtual std::optional<std::string> refusal(const Setting& setting, const Params& params) const = 0;

  /// Work per launch and rank; the first quantity is the headline.
  virtual std::vector<Quantity> work(const Params& params, int ranks) const = 0;

  /// Whether launches on equal inputs give equal bits, so that digests are compared across launches and ranks.
  virtual bool deterministic(const Params& params) const {
    static_cast<void>(params);
    return true;
  }

  /// Allocates and fills. Called once.
  virtual void prepare(Context& context) = 0;
  virtual int slots() const = 0;

  /// Ways to compute the same, among which the loop searches for the fastest (kernels/measure/search.hpp): a
  /// library's algorithms, each named so that equal names on devices of one kind mean the same. Known once prepared.
  /// Fewer than two: there is nothing to search.
  virtual std::vector<std::string> candidates() const { return {}; }
  /// Launches compute by candidate `index` from now on; the first until then.
  virtual void choose(std::size_t index) { static_cast<void>(index); }

  /// Enqueues one launch on slot `slot`; neither times nor waits. Launching a slot again gives the same result.
  virtual void launch(Stream& stream, int slot) = 0;

  /// What a launch of `slot` writes, all of it: the loop poisons it before the timed launches and digests it after.
  virtual std::vector<Region> outputs(int slot) const = 0;

  /// Checks the outputs of `slot` as they stand. Called with the stream idle.
  virtual Verification verify(Context& context, int slot) = 0;

  /// Facts about this case for its record (algorithm id, threads, "fits in cache"): known once prepared.
  virtual std::vector<std::pair<std::string, std::string>> notes() const { return {}; }
};

/// What capability_refusal() says of a GPU: "NVIDIA B200 has compute capability 10.0: wgmma needs 9.0 (H100, H200)".
/// `capability` is "10.0"; where it is none, nothing is said.
std::optional<std::string> refusal_by_capability(const Workload& workload, const Params& params,
                                                 const std::string& gpu, const std::string& capability);

/// Why a case cannot run on a device, whoever says so; empty if it can.
std::optional<std::string> refusal_of(const Workload& workload, const Setting& setting, const Params& params);

}  // namespace petaproof
