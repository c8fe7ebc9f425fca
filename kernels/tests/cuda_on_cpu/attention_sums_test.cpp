// The GPU's check of attention against the host's: its sums, what it reads, and that it rejects what must be
// rejected.
#include "support/attention_on_cpu.hpp"

// after it: what the kernels are compared with
#include <gtest/gtest.h>

#include "kernels/verify/attention_host.hpp"
#include "mutants/faulty_attention.hpp"
#include "support/fake_device.hpp"

namespace petaproof {
namespace {

using testing::AttentionFault;
using testing::EngineOnCpu;
using testing::FaultyAttention;
using testing::ReaderOnCpu;
using Tensor = AttentionReader::Tensor;

constexpr AttentionShape odd{
    .batch = 2, .heads = 4, .kv_heads = 2, .sq = 37, .sk = 45, .dqk = 40, .dv = 24, .mask = AttentionMask::causal};

// More than a tile and a block's threads of each; fewer; one of everything; queries that see nothing.
const std::vector<AttentionShape> shapes{
    odd,
    {.batch = 1, .heads = 2, .kv_heads = 1, .sq = 150, .sk = 139, .dqk = 8, .dv = 136, .mask = AttentionMask::full},
    {.batch = 1, .heads = 2, .kv_heads = 2, .sq = 9, .sk = 4, .dqk = 33, .dv = 7, .mask = AttentionMask::causal},
    {}};

// Of every head the first row, the last and some between, more than a tile of one head.
std::vector<AttentionQuery> queries_of(const AttentionShape& s) {
  std::vector<AttentionQuery> result;
  for (std::int64_t b = 0; b < s.batch; ++b)
    for (std::int64_t h = 0; h < s.heads; ++h)
      for (std::int64_t row = 0; row < s.sq; row += b + h == 0 ? 1 : std::max<std::int64_t>(s.sq - 1, 1))
        result.push_back({b, h, row});
  return result;
}

std::vector<std::int64_t> keys_of(const AttentionShape& s) {
  std::vector<std::int64_t> keys{0};
  if (s.sk > 2) keys.push_back(s.sk / 2);
  if (s.sk > 1) keys.push_back(s.sk - 1);
  return keys;
}

// Both are FP64, in another order. Of plain attention a score that lies between two numbers of the type may be
// rounded to either, and P with it; FP32's sums differ in their last places.
void expect_same(Element element, const AttentionLine& got, const AttentionLine& expected, const char* what) {
  ASSERT_EQ(got.exact.size(), expected.exact.size()) << what;
  ASSERT_EQ(got.plain.size(), expected.plain.size()) << what;
  EXPECT_NEAR(got.size, expected.size, 1e-12 * expected.size) << what;
  const double size = std::max(expected.size, 1e-300);
  const double allowed = element == Element::fp32 ? 1e-5 : roundoff_of(element);
  for (std::size_t i = 0; i < got.exact.size(); ++i) {
    ASSERT_NEAR(got.exact[i], expected.exact[i], 1e-12 * size) << what << " " << i;
    ASSERT_NEAR(got.plain[i], expected.plain[i], allowed * size) << what << " " << i;
  }
}

TEST(AttentionSums, LinesAreTheHosts) {
  testing::FakeDevice device;
  for (const AttentionShape& shape : shapes)
    for (const Element element : {Element::bf16, Element::fp16, Element::e4m3, Element::fp32}) {
      if ((element == Element::fp16 || element == Element::e4m3) && &shape != &shapes.front())
        continue;  // as BF16, but for its bits
      SCOPED_TRACE(::testing::Message() << shape.sq << " by " << shape.sk << ", element " << bits_of(element));
      const auto queries = queries_of(shape);
      for (const AttentionPass pass : {AttentionPass::forward, AttentionPass::backward}) {
        const FaultyAttention attention(shape, pass, element, 5);
        HostAttentionEngine host(shape, pass, attention.inputs());
        EngineOnCpu gpu(device, shape, pass, attention.inputs(), {});
        if (pass == AttentionPass::forward) {
          const auto expected = host.outputs(queries), got = gpu.outputs(queries);
          for (std::size_t i = 0; i < queries.size(); ++i) {
            expect_same(element, got[i], expected[i], "O");
            if (shape.visible_keys(queries[i].row) == 0)
              EXPECT_EQ(got[i].lse, expected[i].lse);
            else
              EXPECT_NEAR(got[i].lse, expected[i].lse, 1e-12);
            EXPECT_NEAR(got[i].scores_size, expected[i].scores_size, 1e-12 * expected[i].scores_size);
          }
          continue;
        }
        const auto expected = host.query_gradients(queries), got = gpu.query_gradients(queries);
        for (std::size_t i = 0; i < queries.size(); ++i) expect_same(element, got[i], expected[i], "dQ");
        const std::int64_t b = shape.batch - 1, kv = shape.kv_heads - 1;
        const auto of_keys = host.key_gradients(b, kv, keys_of(shape)),
                   mine = gpu.key_gradients(b, kv, keys_of(shape));
        for (std::size_t i = 0; i < of_keys.k.size(); ++i) {
          expect_same(element, mine.k[i], of_keys.k[i], "dK");
          expect_same(element, mine.v[i], of_keys.v[i], "dV");
        }
      }
    }
}

// Nothing that plain attention rounds is forgotten: its errors, and so what a kernel's may be, are the host's.
TEST(AttentionSums, LimitsAreTheHosts) {
  testing::FakeDevice device;
  for (const Element element : {Element::bf16, Element::fp16, Element::e4m3})
    for (const AttentionPass pass : {AttentionPass::forward, AttentionPass::backward}) {
      const FaultyAttention attention(odd, pass, element, 3);
      EngineOnCpu engine(device, odd, pass, attention.inputs(), {});
      const AttentionCheck gpu(odd, pass, element, engine, 3), host(odd, pass, attention.inputs(), 3);
      for (std::size_t tensor = 0; tensor < 4; ++tensor)
        EXPECT_NEAR(gpu.limits()[tensor] / host.limits()[tensor], 1, 0.05) << tensor;
    }
}

TEST(AttentionReaders, FindWhatIsNotFiniteAndNothingElse) {
  testing::FakeDevice device;
  for (const Element element : {Element::bf16, Element::fp16, Element::fp32, Element::e4m3})
    for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
      if (element == Element::e4m3 && std::isinf(bad)) continue;  // has no infinity
      std::vector<std::byte> o(static_cast<std::size_t>(bytes_of(element, odd.o_count())));
      std::vector<float> lse(static_cast<std::size_t>(odd.lse_count()));
      const AttentionOutputs outputs{.o = o.data(), .lse = lse.data()};
      ReaderOnCpu reader(device, odd, element, outputs, {});
      EXPECT_EQ(reader.first_not_finite(Tensor::o), std::nullopt);
      EXPECT_EQ(reader.first_wrong_log_sum_exp(), std::nullopt);
      store(element, o.data(), odd.o_count() - 1, bad);
      EXPECT_EQ(reader.first_not_finite(Tensor::o), odd.o_count() - 1);
      store(element, o.data(), 77, -bad);
      store(element, o.data(), 78, 1.5f);
      EXPECT_EQ(reader.first_not_finite(Tensor::o), 77);
      EXPECT_EQ(reader.elements(Tensor::o, 78, 2), (std::vector<float>{1.5f, 0}));
      lse[40] = -bad;
      EXPECT_EQ(reader.first_wrong_log_sum_exp(), 40);
      EXPECT_FALSE(std::isfinite(reader.log_sum_exp(40)));
    }
}

// Minus infinity where no key is seen, and nowhere else.
TEST(AttentionReaders, KnowWhichRowsSeeNoKey) {
  testing::FakeDevice device;
  const AttentionShape shape{.heads = 2, .kv_heads = 2, .sq = 5, .sk = 2, .mask = AttentionMask::causal};
  constexpr float nothing = -std::numeric_limits<float>::infinity();
  std::vector<float> lse{nothing, nothing, nothing, 1, 1, nothing, nothing, nothing, 1, 1};
  ReaderOnCpu reader(device, shape, Element::bf16, {.lse = lse.data()}, {});
  EXPECT_EQ(reader.first_wrong_log_sum_exp(), std::nullopt);
  lse[8] = nothing;
  EXPECT_EQ(reader.first_wrong_log_sum_exp(), 8);
  lse[2] = 0;
  EXPECT_EQ(reader.first_wrong_log_sum_exp(), 2);
}

TEST(AttentionMutantsOnTheGpu, AreRejectedAndTheRightOnePasses) {
  testing::FakeDevice device;
  for (const AttentionPass pass : {AttentionPass::forward, AttentionPass::backward}) {
    const FaultyAttention operands(odd, pass, Element::bf16, 2);
    EngineOnCpu engine(device, odd, pass, operands.inputs(), {});
    const AttentionCheck check(odd, pass, Element::bf16, engine, 2);
    const auto checked = [&](AttentionFault fault) {
      FaultyAttention attention(odd, pass, Element::bf16, 2);  // the same operands
      attention.compute(fault);
      ReaderOnCpu reader(device, odd, Element::bf16, attention.outputs(), {});
      return check.check(reader);
    };
    const Verification right = checked(AttentionFault::none);
    EXPECT_TRUE(right.pass) << right.detail;
    EXPECT_GT(right.elements_checked, 100);
    for (const testing::AttentionMutant& mutant : testing::attention_mutants) {
      const bool shows = pass == AttentionPass::forward ? mutant.forward : mutant.backward;
      if (!shows) continue;
      EXPECT_FALSE(checked(mutant.fault).pass) << mutant.name;
    }
  }
}

}  // namespace
}  // namespace petaproof
