// The suites that are shipped: they can be read, ask for shapes that exist, and the shapes of models are those that
// were published.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "harness/suite/plan.hpp"
#include "kernels/gemm/layout_param.hpp"
#include "kernels/gemm/precision.hpp"
#include "kernels/unit_precision.hpp"

namespace petaproof {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAreArray;

const fs::path suites = fs::path(PETAPROOF_SOURCE_DIR) / "configs/suites";

Plan shipped(const fs::path& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return expand_suite(text, file.filename().string(), {"cuda", 2});
}

TEST(ShippedSuites, CanBeReadAndAreNamedAsTheirFiles) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(suites)) {
    EXPECT_EQ(shipped(entry.path()).suite, entry.path().stem().string());
    ++count;
  }
  EXPECT_GE(count, 12);
}

// A typing error in a shape must not wait for the day on which there is a GPU.
TEST(ShippedSuites, AskForShapesThatThePrecisionTakes) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(suites))
    for (const Case& one : shipped(entry.path()).cases) {
      if (one.workload != "gemm/cublaslt") continue;
      const Params& params = one.params;
      const auto* precision = std::ranges::find(gemm_precisions, params.text("precision"), &GemmPrecision::name);
      ASSERT_NE(precision, std::end(gemm_precisions)) << one.title();
      const GemmShape shape{params.integer("m"), params.integer("n"), params.integer("k")};
      const auto* scaling =
          std::ranges::find(gemm_scalings, params.text_or("scaling", scaling_by_tensor.name), &GemmScaling::name);
      EXPECT_EQ(misaligned(*precision, shape, layout_of(params, precision->layout), *scaling), std::nullopt)
          << one.title();
      EXPECT_GE(std::min({shape.m, shape.n, shape.k}), 1) << one.title();
      EXPECT_LE(std::max({shape.m, shape.n, shape.k}), 65536) << one.title();
      ++count;
    }
  EXPECT_GT(count, 100);
}

// Off unless asked for.
TEST(ShippedSuites, EmulatedFp64IsInOneAlone) {
  for (const auto& entry : fs::directory_iterator(suites)) {
    const Plan plan = shipped(entry.path());
    const bool emulates = std::ranges::any_of(plan.cases, [](const Case& one) {
      return one.workload == "gemm/cublaslt" && one.params.text("precision") == "fp64_emulated";
    });
    EXPECT_EQ(emulates, plan.suite == "gpu-emulated") << plan.suite;
  }
}

// A kernel is a share of what its GPU issued before it in the run; of gpu-tiny no rate means anything.
TEST(ShippedSuites, PeaksComeBeforeKernels) {
  int peaks = 0;
  for (const auto& entry : fs::directory_iterator(suites)) {
    const Plan plan = shipped(entry.path());
    if (plan.suite == "gpu-tiny") continue;
    bool kernel = false;
    for (const Case& one : plan.cases) {
      kernel |= one.workload.starts_with("gemm/") || one.workload.starts_with("attention/");
      if (!one.workload.starts_with("peak/")) continue;
      EXPECT_FALSE(kernel) << entry.path() << ": " << one.title();
      ++peaks;
    }
  }
  EXPECT_GT(peaks, 20);
}

// Every precision that a Hopper GPU multiplies in stands beside what it issues in it.
TEST(ShippedSuites, GpuHasAPeakOfEveryPrecision) {
  constexpr int hopper = 90;
  const auto of = [](std::string_view family) {
    std::set<std::string_view> units;
    for (const Case& one : shipped(suites / "gpu.json").cases) {
      if (!one.workload.starts_with(family)) continue;
      const auto* precision = std::ranges::find(gemm_precisions, one.params.text("precision"), &GemmPrecision::name);
      if (precision->least_capability <= hopper) units.insert(unit_precision(precision->name));
    }
    return units;
  };
  EXPECT_EQ(of("peak/"), of("gemm/"));
}

TEST(ShippedSuites, GpuHasScaledFormatsInBurstsAndSustained) {
  std::map<Mode, std::set<std::string>> formats;
  for (const Case& one : shipped(suites / "gpu.json").cases) {
    if (one.workload != "gemm/cublaslt") continue;
    const std::string precision = one.params.text("precision"), scaling = one.params.text_or("scaling", "");
    if (precision == "mxfp8" || precision == "nvfp4") formats[one.measure.mode].insert(precision);
    if (!scaling.empty()) formats[one.measure.mode].insert(scaling);
  }
  EXPECT_EQ(formats[Mode::burst],
            (std::set<std::string>{"1x128", "1x128_128x128", "128x128_1x128", "mxfp8", "nvfp4"}));
  EXPECT_EQ(formats[Mode::sustained], (std::set<std::string>{"1x128", "1x128_128x128", "mxfp8", "nvfp4"}));
}

using Shape = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // m, n, k

// Of one precision; a shape that is asked for twice counts twice.
std::vector<Shape> shapes_of(const Plan& plan, std::string_view precision) {
  std::vector<Shape> shapes;
  for (const Case& one : plan.cases)
    if (one.workload.starts_with("gemm/") && one.params.text("precision") == precision)
      shapes.emplace_back(one.params.integer("m"), one.params.integer("n"), one.params.integer("k"));
  return shapes;
}

// What a report says of a model.
struct Transformer {
  std::int64_t hidden, heads, kv_heads, head, ffn;
};

// "The Llama 3 Herd of Models", arXiv:2407.21783, table 3; a head has 128 elements: hidden / heads.
constexpr Transformer llama_8b{4096, 32, 8, 128, 14336}, llama_70b{8192, 64, 8, 128, 28672},
    llama_405b{16384, 128, 8, 128, 53248};

// QKV, output projection, gate and up (which have one shape), down.
std::vector<Shape> products(const Transformer& t, std::int64_t tokens) {
  return {{tokens, (t.heads + 2 * t.kv_heads) * t.head, t.hidden},
          {tokens, t.hidden, t.heads * t.head},
          {tokens, t.ffn, t.hidden},
          {tokens, t.hidden, t.ffn}};
}

std::vector<Shape> mlp(std::int64_t hidden, std::int64_t ffn, std::int64_t tokens) {
  return {{tokens, ffn, hidden}, {tokens, hidden, ffn}};
}

TEST(ShippedSuites, ShapesOfModelsAreThosePublished) {
  constexpr std::int64_t tokens = 8192;
  std::vector<Shape> expected;
  const auto add = [&](const std::vector<Shape>& more) { expected.insert(expected.end(), more.begin(), more.end()); };
  for (const Transformer& model : {llama_8b, llama_70b, llama_405b}) add(products(model, tokens));
  // "Mixtral of Experts", arXiv:2401.04088, table 1: 8 experts, 2 for each token
  add(mlp(4096, 14336, tokens * 2 / 8));
  // "DeepSeek-V3 Technical Report", arXiv:2412.19437, section 4.2: one shared expert, and 8 of 256 for each token
  add(mlp(7168, 2048, tokens));
  add(mlp(7168, 2048, tokens * 8 / 256));
  const Plan plan = shipped(suites / "gpu-models.json");
  for (const char* precision : {"bf16", "fp8"})
    EXPECT_THAT(shapes_of(plan, precision), UnorderedElementsAreArray(expected)) << precision;
  EXPECT_EQ(plan.cases.size(), 2 * expected.size());
}

TEST(ShippedSuites, InferenceHasOneTo256RowsOfLlama) {
  const Plan plan = shipped(suites / "inference.json");
  std::vector<Shape> all, largest;
  for (const std::int64_t rows : {1, 8, 16, 32, 64, 128, 256}) {
    const auto layer = products(llama_8b, rows);
    all.insert(all.end(), layer.begin(), layer.end());
    largest.push_back(layer[2]);
  }
  for (const char* precision : {"bf16", "fp8"})
    EXPECT_THAT(shapes_of(plan, precision), UnorderedElementsAreArray(all)) << precision;
  for (const char* precision : {"tf32", "fp16", "int8"})
    EXPECT_THAT(shapes_of(plan, precision), UnorderedElementsAreArray(largest)) << precision;
}

// One query for each request, against all keys; heads of Llama 3 8B and 70B.
TEST(ShippedSuites, InferenceDecodesWithShortContextsAndLongOnes) {
  std::set<std::int64_t> batches, heads, keys;
  for (const Case& one : shipped(suites / "inference.json").cases) {
    if (one.workload != "attention/cudnn") continue;
    EXPECT_EQ(one.params.integer("sq"), 1) << one.title();
    EXPECT_EQ(one.params.text("mask"), "full") << one.title();
    EXPECT_EQ(one.params.text("pass"), "forward") << one.title();
    EXPECT_EQ(one.params.integer("dqk"), llama_8b.head) << one.title();
    EXPECT_EQ(one.params.integer("kv_heads"), llama_8b.kv_heads) << one.title();
    batches.insert(one.params.integer("batch"));
    heads.insert(one.params.integer("heads"));
    keys.insert(one.params.integer("sk"));
    EXPECT_LE(one.params.integer("batch") * one.params.integer("sk"), 1 << 20) << one.title();  // 2 x 4 GB
  }
  EXPECT_THAT(batches, UnorderedElementsAreArray({1, 8, 32, 64}));
  EXPECT_THAT(heads, UnorderedElementsAreArray({llama_8b.heads, llama_70b.heads}));
  EXPECT_EQ(*keys.begin(), 4096);
  EXPECT_EQ(*keys.rbegin(), 131072);
}

// Of causal masks PyTorch's is aligned at the top left, ours at the bottom right: the same where they are square.
TEST(ShippedSuites, AttentionBesidePyTorchIsSquare) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Case& one : shipped(suites / "gpu-attention.json").cases) {
    EXPECT_EQ(one.params.integer("sq"), one.params.integer("sk")) << one.title();
    const bool backward = one.params.text("pass") == "backward";
    EXPECT_TRUE(!backward || !one.params.flag("deterministic")) << one.title();
    seen.emplace(one.params.text("pass"), one.params.text("mask"));
  }
  EXPECT_EQ(seen.size(), 4u);
}

TEST(ShippedSuites, GpuHasAttentionInBurstsAndSustained) {
  std::map<Mode, std::set<std::string>> passes;
  for (const Case& one : shipped(suites / "gpu.json").cases)
    if (one.workload == "attention/cudnn") passes[one.measure.mode].insert(one.params.text("pass"));
  const std::set<std::string> both{"backward", "forward"};
  EXPECT_EQ(passes[Mode::burst], both);
  EXPECT_EQ(passes[Mode::sustained], both);
}

TEST(ShippedSuites, SquaresGoTo16384) {
  const Plan plan = shipped(suites / "gpu-gemm.json");
  for (const char* precision : {"bf16", "fp16", "fp8", "int8"})
    EXPECT_THAT(shapes_of(plan, precision), testing::Contains(Shape{16384, 16384, 16384})) << precision;
}

}  // namespace
}  // namespace petaproof
