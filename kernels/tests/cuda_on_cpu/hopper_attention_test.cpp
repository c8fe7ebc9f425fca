// The kernel of attention/hopper, thread by thread, on what the PTX ISA says of its instructions: its output and its
// log-sum-exp against the check that every kernel for attention must pass, every element of the output stored once.
#include "support/hopper_on_cpu.hpp"

// after it: the kernel
#include <gmock/gmock.h>

#include "kernels/attention/hopper/kernel.cuh"
#include "kernels/verify/attention_check.hpp"
#include "kernels/verify/stored.hpp"

namespace petaproof::hopper_attention {
namespace {

using testing::Timing;
static_assert(align_shared(testing::CpuCluster::shared_base) == testing::CpuCluster::shared_base);

struct Problem {
  AttentionShape shape;
  std::vector<std::uint16_t> q, k, v, o;
  std::vector<int> times_stored;
  std::vector<float> lse;

  explicit Problem(const AttentionShape& of) : shape(of) {
    const auto fill = [](std::vector<std::uint16_t>& x, std::int64_t count, std::uint64_t which) {
      x.resize(static_cast<std::size_t>(count));
      fill_stored(Element::bf16, x.data(), count, Fill::normal, 11, which);
    };
    fill(q, shape.q_count(), 0);
    fill(k, shape.k_count(), 1);
    fill(v, shape.v_count(), 2);
    o.assign(static_cast<std::size_t>(shape.o_count()), 0xFFFF);
    times_stored.assign(o.size(), 0);
    lse.assign(static_cast<std::size_t>(shape.lse_count()), std::numeric_limits<float>::quiet_NaN());
  }

  testing::MatrixMap map(std::vector<std::uint16_t>& data, std::int64_t rows, std::int64_t heads, int box_rows) {
    return {.data = data.data(),
            .rows = static_cast<int>(rows),
            .columns = static_cast<int>(shape.dqk),
            .box_rows = box_rows,
            .times_stored = times_stored.data(),
            .heads = static_cast<int>(heads),
            .sequences = static_cast<int>(shape.batch)};
  }
};

struct Run {
  int blocks = 1;
  Timing timing = Timing::early;
  std::int64_t cache_bytes = 50 << 20;
};

// Runs the grid, block after block; says what went wrong.
template <int d>
std::string attend(Problem& problem, const Run& run) {
  const AttentionShape& s = problem.shape;
  const testing::MatrixMap q = problem.map(problem.q, s.sq, s.heads, tile_queries),
                           k = problem.map(problem.k, s.sk, s.kv_heads, block_keys),
                           v = problem.map(problem.v, s.sk, s.kv_heads, block_keys),
                           o = problem.map(problem.o, s.sq, s.heads, wgmma_m);
  const auto blocks = static_cast<unsigned>(run.blocks);
  for (unsigned block = 0; block < blocks; ++block) {
    testing::CpuCluster machine(1, block_threads, run.timing, block + 1);
    machine.run(block, blocks, [&] {
      attention<d>(testing::CpuCluster::shared_base, work_of(s, run.cache_bytes), mask_of(s),
                   static_cast<float>(s.scale()), {q, k, v, o, problem.lse.data()});
    });
    if (!machine.failure().empty()) return machine.failure();
  }
  return {};
}

void expect_right(const AttentionShape& shape, const Run& run) {
  SCOPED_TRACE("batch " + std::to_string(shape.batch) + ", heads " + std::to_string(shape.heads) + "/" +
               std::to_string(shape.kv_heads) + ", " + std::to_string(shape.sq) + " x " + std::to_string(shape.sk) +
               ", d = " + std::to_string(shape.dqk) + (shape.mask == AttentionMask::causal ? ", causal" : ""));
  Problem problem(shape);
  const AttentionCheck check(
      shape, AttentionPass::forward,
      {.element = Element::bf16, .q = problem.q.data(), .k = problem.k.data(), .v = problem.v.data()}, 3);
  ASSERT_EQ(shape.dqk == 64 ? attend<64>(problem, run) : attend<128>(problem, run), "");
  ASSERT_THAT(problem.times_stored, ::testing::Each(1));
  const Verification result = check.check({.o = problem.o.data(), .lse = problem.lse.data()});
  EXPECT_TRUE(result.pass) << result.detail;
}

AttentionShape shape(std::int64_t sq, std::int64_t sk, std::int64_t d, AttentionMask mask, std::int64_t heads = 1,
                     std::int64_t kv_heads = 1, std::int64_t batch = 1) {
  return {.batch = batch, .heads = heads, .kv_heads = kv_heads, .sq = sq, .sk = sk, .dqk = d, .dv = d, .mask = mask};
}

// One block of keys and many, more of them than stages; whole and partial blocks and tiles; odd lengths; one query
// and one key; queries that see no key, of a whole tile and of a part of one; heads that share keys; more tiles than
// blocks, so that rings and turns go on across tiles.
void expect_right_in_every_case(Timing timing) {
  constexpr auto causal = AttentionMask::causal, full = AttentionMask::full;
  expect_right(shape(128, 128, 64, full), {1, timing});
  expect_right(shape(113, 203, 64, causal, 2, 1, 2), {3, timing});
  expect_right(shape(203, 113, 128, causal), {1, timing});
  expect_right(shape(320, 128, 64, causal), {2, timing});
  expect_right(shape(1, 300, 128, full), {1, timing});
  expect_right(shape(70, 1, 64, full), {1, timing});
  expect_right(shape(200, 300, 128, causal, 2, 1, 2), {2, timing});
  expect_right(shape(130, 700, 64, full), {1, timing});
}

TEST(HopperAttention, IsRightWhenEverythingIsDoneAtOnce) {
  expect_right_in_every_case(Timing::early);
}
TEST(HopperAttention, IsRightWhenEverythingIsLate) {
  expect_right_in_every_case(Timing::late);
}

}  // namespace
}  // namespace petaproof::hopper_attention
