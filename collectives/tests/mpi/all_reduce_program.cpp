// all_reduce/mpi on real ranks, right and wrong:
//
//   all_reduce_program FAULT
//
// FAULT is what the library below the workload does wrong: the profiling interface of MPI lets this program
// stand between the two, so that the workload that is tested is the one that is used.
//
//   none       everything passes; on one rank it is not supported
//   element    one element of the result is wrong on the last rank
//   late       the same, but in the timed launches only
//   maximum    the reduction takes the maximum for the sum
//   chunks     the first two quarters of the result are swapped on rank 0
//   missing    the last rank contributes nothing
//   nothing    the call returns without having written anything
//
// Exits with 0 if every rank ended as it must.
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "collectives/mpi/check.hpp"
#include "collectives/mpi/communicator.hpp"
#include "collectives/pattern.hpp"
#include "kernels/measure/case.hpp"
#include "kernels/registry.hpp"

namespace {

using namespace petaproof;

constexpr std::uint64_t seed = 77;
constexpr int wrong_element = 1000;

std::string fault = "none";
bool timed = false;

class MpiAgreement : public Agreement {
 public:
  explicit MpiAgreement(int rank) : rank_(rank) {}
  Meeting meet(std::int64_t root_value, bool flag) override {
    const std::vector<std::int64_t> all = round(is_root() ? root_value : INT64_MIN, flag, 0);
    if (all[2] != 0)
      throw Error(Domain::peer, all[2] - 1, {}, "another rank failed", Error::Kind::local,
                  std::source_location::current());
    return {all[0], all[1] != 0};
  }
  void fail(Domain why) override { round(INT64_MIN, false, static_cast<std::int64_t>(why) + 1); }
  bool is_root() const override { return rank_ == 0; }

 private:
  static std::vector<std::int64_t> round(std::int64_t value, bool flag, std::int64_t failure) {
    std::vector<std::int64_t> all{value, flag ? 1 : 0, failure};
    PETAPROOF_MPI(PMPI_Allreduce(MPI_IN_PLACE, all.data(), 3, MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD));
    return all;
  }
  int rank_;
};

class TimedOrNot : public NoProgress {
 public:
  void phase(std::string_view name) override { timed = name == "measure"; }
};

int failures = 0;

void expect(bool holds, int rank, const std::string& what) {
  if (holds) return;
  ++failures;
  std::fprintf(stderr, "FAILED: %s, rank %d: %s\n", fault.c_str(), rank, what.c_str());
}

// What the ranks bring to element `index`, by a loop over them: without the shortcut that is under test.
float sum_at(std::uint64_t index, int ranks) {
  float sum = 0;
  for (int rank = 0; rank < ranks; ++rank) sum += pattern_value(seed, 0, index, rank);
  return sum;
}

float maximum_at(std::uint64_t index, int ranks) {
  float largest = pattern_value(seed, 0, index, 0);
  for (int rank = 1; rank < ranks; ++rank) largest = std::max(largest, pattern_value(seed, 0, index, rank));
  return largest;
}

// What slot 0 holds at `index` on a rank whose result is wrong.
float wrong_at(std::uint64_t index, int ranks, std::int64_t count) {
  if (fault == "element" || fault == "late") return sum_at(index, ranks) + (index == wrong_element ? 1.0f : 0.0f);
  if (fault == "chunks") return sum_at(index + static_cast<std::uint64_t>(count / 4), ranks);
  if (fault == "missing") return sum_at(index, ranks - 1);
  if (fault == "maximum") return maximum_at(index, ranks);
  return std::bit_cast<float>(~0u);  // nothing: the poison
}

// How a case must end on this rank.
struct End {
  Disposition disposition;
  std::string reason;
};

End expected_end(int rank, int ranks, std::int64_t count) {
  if (ranks < 2)
    return {Disposition::not_supported, "needs at least 2 ranks (mpirun, srun or scripts/petaproof --ranks N)"};
  if (fault == "none") return {Disposition::pass, ""};
  const bool on_the_last = fault == "element" || fault == "late";
  if ((on_the_last && rank != ranks - 1) || (fault == "chunks" && rank != 0))
    return {Disposition::skipped, "another rank ended this case"};
  // single elements may by chance be right
  for (std::uint64_t i = 0;; ++i) {
    const float right = sum_at(i, ranks), wrong = wrong_at(i, ranks, count);
    if (right == wrong) continue;
    return {Disposition::fail_verify,
            fmt::format("outputs {}, slot 0: rank {}, element {}: expected {}, got {}",
                        fault == "late" ? "of the timed launches" : "before timing", rank, i, right, wrong)};
  }
}

void run(Device& device, const MpiCommunicator& communicator, Mode mode, std::int64_t bytes) {
  const int rank = communicator.rank();
  const int ranks = communicator.size();
  const auto workload = Registry::instance().make("all_reduce/mpi");
  const Params params = Params::complete(workload->info().params, {{"size", bytes}}, "all_reduce/mpi");
  MpiCommunicator among = communicator;
  CollectiveContext context(device, params, Fill::normal, seed, among);
  MpiAgreement agreement(rank);
  TimedOrNot progress;
  const CaseOutcome outcome = run_case(*workload, context, ranks, {{mode, 0.02, 0.02}}, agreement, progress);

  const End end = expected_end(rank, ranks, bytes / 4);
  expect(outcome.disposition == end.disposition, rank,
         fmt::format("{} was expected, {} was it: {}", to_string(end.disposition), to_string(outcome.disposition),
                     outcome.reason));
  expect(outcome.reason == end.reason, rank,
         fmt::format("the reason is\n  {}\nand not\n  {}", outcome.reason, end.reason));
  if (outcome.disposition != Disposition::pass) return;

  const auto slots = static_cast<std::int64_t>(outcome.digests.size());
  expect(outcome.verification.elements_checked == slots * (bytes / 4), rank, "not every element was checked");
  expect(outcome.verification.detail == "every element, bit for bit", rank, outcome.verification.detail);
  // equal results have equal digests, and every rank launched as often as rank 0
  std::int64_t mine[2] = {outcome.measurement.launches(), static_cast<std::int64_t>(outcome.digests.front())};
  std::int64_t of_root[2] = {mine[0], mine[1]};
  PETAPROOF_MPI(MPI_Bcast(of_root, 2, MPI_INT64_T, 0, MPI_COMM_WORLD));
  expect(mine[0] == of_root[0] && mine[0] > 0, rank, "another number of launches than rank 0");
  expect(mine[1] == of_root[1], rank, "another digest than rank 0");
}

void spoil(std::vector<float>& result, int rank, int ranks) {
  const auto quarter = static_cast<std::ptrdiff_t>(result.size() / 4);
  if (rank == ranks - 1 && (fault == "element" || (fault == "late" && timed))) result[wrong_element] += 1;
  if (rank == 0 && fault == "chunks")
    std::swap_ranges(result.begin(), result.begin() + quarter, result.begin() + quarter);
}

}  // namespace

// What the workload calls. Only its sums are spoilt.
extern "C" int MPI_Allreduce(const void* send, void* receive, int count, MPI_Datatype type, MPI_Op operation,
                             MPI_Comm comm) {
  if (type != MPI_FLOAT) return PMPI_Allreduce(send, receive, count, type, operation, comm);
  int rank = 0, ranks = 0;
  PMPI_Comm_rank(comm, &rank);
  PMPI_Comm_size(comm, &ranks);
  const auto* begin = static_cast<const float*>(send);
  std::vector<float> brought(begin, begin + count);
  if (fault == "missing" && rank == ranks - 1) brought.assign(brought.size(), 0);
  std::vector<float> result(brought.size());
  const int status =
      PMPI_Allreduce(brought.data(), result.data(), count, type, fault == "maximum" ? MPI_MAX : operation, comm);
  spoil(result, rank, ranks);
  if (fault != "nothing") std::copy(result.begin(), result.end(), static_cast<float*>(receive));
  return status;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "one argument is needed: the fault\n");
    return 3;
  }
  fault = argv[1];
  MPI_Init(nullptr, nullptr);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  int all = 0;
  try {
    const MpiCommunicator communicator(MPI_COMM_WORLD);
    const auto device = Registry::instance().backend("host")->open(0, communicator.size());
    for (Mode mode : {Mode::batched, Mode::burst, Mode::sustained}) run(*device, communicator, mode, 64 << 10);
    // sizes that are rounded down to whole elements: many, and a single one
    if (fault == "none")
      for (std::int64_t bytes : {(256 << 10) + 14, 5}) run(*device, communicator, Mode::batched, bytes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "FAILED: %s\n", error.what());
    ++failures;
  }
  PMPI_Allreduce(&failures, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  MPI_Finalize();
  return all == 0 ? 0 : 1;
}
