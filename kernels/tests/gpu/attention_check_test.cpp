// The check of attention on the GPU: its lines against the host's.
#include "kernels/device/cuda/device.hpp"
#include "kernels/device/cuda/operations.hpp"
#include "kernels/verify/attention_host.hpp"
#include "kernels/verify/cuda/attention_engine.hpp"
#include "kernels/verify/stored.hpp"
#include "support/gpu.hpp"

namespace petaproof {
namespace {

class GpuAttentionCheck : public testing::GpuTest {
 protected:
  // Normal data on the GPU, and the same in host memory.
  Buffer filled(Element element, std::int64_t count, std::uint64_t stream, std::vector<std::byte>& copy) {
    Buffer buffer = gpu->allocate(static_cast<std::size_t>(bytes_of(element, count)));
    cuda::fill(element, buffer.data(), count, Fill::normal, 1, stream, cuda::handle_of(gpu->stream()));
    copy.resize(buffer.bytes());
    gpu->copy_to_host(copy.data(), buffer.data(), buffer.bytes());
    return buffer;
  }
  static void expect_same(const AttentionLine& got, const AttentionLine& expected, double plain) {
    EXPECT_NEAR(got.size, expected.size, 1e-12 * expected.size);
    for (std::size_t i = 0; i < expected.exact.size(); ++i) {
      EXPECT_NEAR(got.exact[i], expected.exact[i], 1e-12 * expected.size);
      EXPECT_NEAR(got.plain[i], expected.plain[i], plain * expected.size);
    }
  }
};

TEST_F(GpuAttentionCheck, EngineGivesWhatTheHostGives) {
  const AttentionShape s{.batch = 2,
                         .heads = 8,
                         .kv_heads = 2,
                         .sq = 333,
                         .sk = 401,
                         .dqk = 192,
                         .dv = 128,
                         .mask = AttentionMask::causal};
  for (const Element element : {Element::bf16, Element::fp16, Element::e4m3, Element::fp32}) {
    std::vector<std::byte> q, k, v, d_o;
    const Buffer on_gpu[] = {filled(element, s.q_count(), 0, q), filled(element, s.k_count(), 1, k),
                             filled(element, s.v_count(), 2, v), filled(element, s.o_count(), 3, d_o)};
    const AttentionInputs there{element, on_gpu[0].data(), on_gpu[1].data(), on_gpu[2].data(), on_gpu[3].data()},
        here{element, q.data(), k.data(), v.data(), d_o.data()};
    const double plain = element == Element::fp32 ? 1e-5 : roundoff_of(element);
    const std::vector<AttentionQuery> queries{{0, 0, 0}, {0, 0, 332}, {0, 7, 100}, {1, 3, 16}};
    const auto forward = cuda::make_attention_engine(*gpu, s, AttentionPass::forward, there);
    const auto backward = cuda::make_attention_engine(*gpu, s, AttentionPass::backward, there);
    HostAttentionEngine host_forward(s, AttentionPass::forward, here), host(s, AttentionPass::backward, here);
    const auto outputs = forward->outputs(queries), expected_outputs = host_forward.outputs(queries);
    const auto lines = backward->query_gradients(queries), expected_lines = host.query_gradients(queries);
    for (std::size_t i = 0; i < queries.size(); ++i) {
      expect_same(outputs[i], expected_outputs[i], plain);
      EXPECT_NEAR(outputs[i].lse, expected_outputs[i].lse, 1e-12);
      expect_same(lines[i], expected_lines[i], plain);
    }
    const auto of_keys = backward->key_gradients(1, 1, {0, 200, 400}),
               expected = host.key_gradients(1, 1, {0, 200, 400});
    for (std::size_t i = 0; i < 3; ++i) {
      expect_same(of_keys.k[i], expected.k[i], plain);
      expect_same(of_keys.v[i], expected.v[i], plain);
    }
  }
}

TEST_F(GpuAttentionCheck, ReaderFindsWhatIsNotFinite) {
  const AttentionShape s{.batch = 2, .heads = 4, .kv_heads = 2, .sq = 50, .sk = 50, .dqk = 64, .dv = 64};
  std::vector<std::byte> o;
  const Buffer on_gpu = filled(Element::bf16, s.o_count(), 0, o);
  const auto reader = cuda::make_attention_reader(*gpu, s, Element::bf16, {.o = on_gpu.data()});
  EXPECT_EQ(reader->first_not_finite(AttentionReader::Tensor::o), std::nullopt);
  EXPECT_EQ(reader->elements(AttentionReader::Tensor::o, 777, 1)[0], load(Element::bf16, o.data(), 777));
  gpu->set_bytes({"part", on_gpu.as<std::byte>() + 2 * 777, 2}, 0xFF);
  EXPECT_EQ(reader->first_not_finite(AttentionReader::Tensor::o), 777);
}

}  // namespace
}  // namespace petaproof
