#include "kernels/measure/case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace petaproof {
namespace {

constexpr std::uint8_t poison = 0xFF;  // all bits set is a NaN in every IEEE format

class CaseRun {
 public:
  CaseRun(Workload& workload, Context& context, const CaseOptions& options, Agreement& agreement, Progress& progress,
          CaseOutcome& outcome)
      : workload_(workload),
        device_(context.device),
        context_(context),
        deterministic_(workload.deterministic(context.params)),
        options_(options),
        agreement_(agreement),
        progress_(progress),
        outcome_(outcome) {}

  void run(int ranks) {
    if (refused(ranks)) return;
    prepare();
    if (!verified_before_timing()) return;
    timed("warm-up", outcome_.seconds.warm_up, [&] {
      record_rotation();
      outcome_.measurement.warm_up =
          warm_up(workload_, device_, options_.measure, agreement_, progress_, rotation_.get());
    });
    poison_outputs();
    timed("measure", outcome_.seconds.measure, [&] {
      outcome_.measurement = measure(workload_, device_, options_.measure, outcome_.measurement.warm_up, agreement_,
                                     progress_, rotation_.get());
    });
    verify_timed_outputs();
    refuse_broken_timing();
  }

 private:
  template <typename Function>
  void timed(std::string_view phase, double& seconds, Function function) {
    progress_.phase(phase);
    const double begin = device_.now();
    function();
    seconds += device_.now() - begin;
  }

  void end(Disposition disposition, std::string reason) {
    outcome_.disposition = disposition;
    outcome_.reason = std::move(reason);
  }

  // Whether any rank ended its case; those that did not say why they stopped too.
  bool any_ended() {
    const bool mine = outcome_.disposition != Disposition::pass;
    if (!agreement_.meet(0, mine).any) return false;
    if (!mine) end(Disposition::skipped, "another rank ended this case");
    return true;
  }

  bool refused(int ranks) {
    const auto reason = refusal_of(workload_, {device_, ranks}, context_.params);
    if (reason) end(Disposition::not_supported, *reason);
    return any_ended();
  }

  void prepare() {
    timed("prepare", outcome_.seconds.prepare, [&] {
      workload_.prepare(context_);
      device_.stream().synchronize();
      agreement_.meet();
    });
    const auto found = workload_.info().searches ? searched() : std::nullopt;
    outcome_.notes = workload_.notes();
    if (found) outcome_.notes.emplace_back("search", found->text());
    if (!deterministic_) outcome_.notes.emplace_back("digests", "not compared: equal launches may give other bits");
  }

  std::optional<Search> searched() {
    std::optional<Search> found;
    timed("search", outcome_.seconds.prepare, [&] {
      SearchMemory none;
      SearchMemory& memory = options_.searches ? *options_.searches : none;
      found = search(workload_, device_, context_.params, agreement_, progress_, memory);
    });
    return found;
  }

  bool verified_before_timing() {
    poison_outputs();
    timed("first launches", outcome_.seconds.warm_up, [&] {
      for (int slot = 0; slot < workload_.slots(); ++slot) workload_.launch(device_.stream(), slot);
      device_.stream().synchronize();
    });
    timed("verify", outcome_.seconds.verify, [&] {
      check_all_slots("before timing");
      if (outcome_.disposition == Disposition::pass) first_digests_ = digests();
    });
    return !any_ended();
  }

  // After the first launches, which have loaded every kernel and chosen every algorithm: a recording must do neither.
  // Burst mode times single launches.
  void record_rotation() {
    if (options_.measure.mode != Mode::burst)
      rotation_ = device_.record([&](Stream& stream) {
        for (int slot = 0; slot < workload_.slots(); ++slot) workload_.launch(stream, slot);
      });
    agreement_.meet();  // a rank that cannot record must not leave the others alone in a collective
  }

  void verify_timed_outputs() {
    timed("verify timed outputs", outcome_.seconds.verify, [&] {
      device_.stream().synchronize();
      if (options_.corrupt) corrupt_outputs();
      outcome_.digests = digests();
      check_all_slots("of the timed launches");
      compare_digests();
      any_ended();
    });
  }

  // A clock that stands still or runs backwards would make a rate of anything.
  void refuse_broken_timing() {
    const auto broken = [](double seconds) { return !(seconds > 0) || !std::isfinite(seconds); };
    std::vector<double>& samples = outcome_.measurement.sample_seconds;
    const auto bad = std::ranges::count_if(samples, broken);
    if (bad == 0) return;
    if (outcome_.disposition == Disposition::pass)
      end(Disposition::invalid,
          fmt::format("broken timing: {} of {} samples are not above 0 s", bad, samples.size()));
    samples.clear();
  }

  // Slots that the timed part had too few launches to reach still hold the poison, and rightly so.
  int slots_written() const {
    const std::int64_t launches = outcome_.measurement.launches();
    return launches == 0 ? workload_.slots() : static_cast<int>(std::min<std::int64_t>(launches, workload_.slots()));
  }

  void check_all_slots(std::string_view when) {
    Verification worst{.pass = true};
    for (int slot = 0; slot < slots_written(); ++slot) {
      Verification result = workload_.verify(context_, slot);
      if (!result.pass) {
        end(Disposition::fail_verify, fmt::format("outputs {}, slot {}: {}", when, slot, result.detail));
        outcome_.verification = std::move(result);
        return;
      }
      result.elements_checked += worst.elements_checked;
      result.worst_error_over_bound = std::max(result.worst_error_over_bound, worst.worst_error_over_bound);
      worst = std::move(result);
    }
    outcome_.verification = std::move(worst);
  }

  void compare_digests() {
    if (!deterministic_ || outcome_.disposition != Disposition::pass) return;
    for (std::size_t slot = 0; slot < outcome_.digests.size(); ++slot)
      if (outcome_.digests[slot] != first_digests_[slot]) {
        outcome_.verification.pass = false;
        return end(Disposition::fail_verify,
                   fmt::format("slot {}: the timed launches gave other bits than the same launch before "
                               "(digest {:016x}, then {:016x})",
                               slot, first_digests_[slot], outcome_.digests[slot]));
      }
  }

  std::vector<std::uint64_t> digests() {
    std::vector<std::uint64_t> result;
    for (int slot = 0; slot < slots_written(); ++slot) {
      std::uint64_t sum = 0;
      for (const Region& region : workload_.outputs(slot)) sum = sum * 31 + device_.digest(region);
      result.push_back(sum);
    }
    return result;
  }

  void poison_outputs() {
    for (int slot = 0; slot < workload_.slots(); ++slot)
      for (const Region& region : workload_.outputs(slot)) device_.set_bytes(region, poison);
    device_.stream().synchronize();
  }

  // One bit in the middle of each output, in the highest byte of a 64-bit word: an exponent bit in FP64 and FP32.
  // Where digests are not compared, nothing but a NaN is sure to be seen off the sampled elements.
  void corrupt_outputs() {
    for (int slot = 0; slot < slots_written(); ++slot)
      for (const Region& region : workload_.outputs(slot)) {
        const std::size_t word = region.bytes / 16 * 8;
        auto* at = static_cast<std::byte*>(region.data) + (word + 7) % region.bytes;
        if (!deterministic_) {
          device_.set_bytes(
              {"NaN", static_cast<std::byte*>(region.data) + word, std::min<std::size_t>(region.bytes, 8)}, 0xFF);
          continue;
        }
        std::byte byte;
        device_.copy_to_host(&byte, at, 1);
        byte ^= std::byte{0x10};
        device_.copy_from_host(at, &byte, 1);
      }
  }

  Workload& workload_;
  Device& device_;
  Context& context_;
  const bool deterministic_;
  const CaseOptions& options_;
  Agreement& agreement_;
  Progress& progress_;
  CaseOutcome& outcome_;
  std::vector<std::uint64_t> first_digests_;
  std::unique_ptr<Recording> rotation_;
};

}  // namespace

std::string_view to_string(Disposition disposition) {
  switch (disposition) {
    case Disposition::pass: return "pass";
    case Disposition::fail_verify: return "fail_verify";
    case Disposition::fail_run: return "fail_run";
    case Disposition::invalid: return "invalid";
    case Disposition::timeout: return "timeout";
    case Disposition::skipped: return "skipped";
    case Disposition::not_supported: return "not_supported";
  }
  return "unknown";
}

CaseOutcome run_case(Workload& workload, Context& context, int ranks, const CaseOptions& options,
                     Agreement& agreement, Progress& progress) {
  CaseOutcome outcome;
  const auto fail = [&](Disposition disposition, std::string reason) {
    outcome.disposition = disposition;
    outcome.reason = std::move(reason);
  };
  try {
    CaseRun(workload, context, options, agreement, progress, outcome).run(ranks);
  } catch (const Error& error) {
    if (error.domain() == Domain::peer) {
      // a wrong result of this rank's own is the graver news
      if (outcome.disposition == Disposition::pass) fail(Disposition::skipped, error.what());
    } else {
      fail(error.domain() == Domain::not_supported ? Disposition::not_supported : Disposition::fail_run,
           error.describe());
      outcome.sticky = error.sticky();
      agreement.fail(error.domain());
    }
  } catch (const std::exception& error) {  // bad_alloc and whatever a library throws
    fail(Disposition::fail_run, error.what());
    agreement.fail(Domain::internal);
  }
  return outcome;
}

}  // namespace petaproof
