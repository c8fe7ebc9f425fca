// needs: cuda cudnn
#include "kernels/attention/cuda/cudnn_attention.hpp"

#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <string_view>

namespace petaproof {
// The frontend looks for the CUDA runtimes that it knows, and throws where a machine has two: only ours is meant.
inline void* open_library(const char* name, int flags) {
  static const std::string ours = fmt::format("libcudart.so.{}", CUDART_VERSION / 1000);
  return std::string_view(name).starts_with("libcudart.so") && name != ours ? nullptr : dlopen(name, flags);
}
}  // namespace petaproof

// the library's functions are looked up in what cudnn_dlhandle points to
#define NV_CUDNN_FRONTEND_USE_DYNAMIC_LOADING
#define CUDNN_FRONTEND_SKIP_JSON_LIB
#define dlopen petaproof::open_library
#include <cudnn_frontend.h>
#undef dlopen

#include <algorithm>
#include <array>
#include <unordered_map>

#include "kernels/attention/fp8.hpp"
#include "kernels/device/cuda/check.hpp"

namespace cudnn_frontend {
void* cudnn_dlhandle = nullptr;
}

namespace petaproof {
namespace {

namespace fe = cudnn_frontend;
using Tensor = std::shared_ptr<fe::graph::Tensor_attributes>;

enum Uid : std::int64_t { uid_q = 1, uid_k, uid_v, uid_o, uid_lse, uid_d_o, uid_d_q, uid_d_k, uid_d_v, uid_numbers };

// Once in a process; empty if all is well.
const std::string& load_cudnn() {
  static const std::string why_not = [] {
    for (const char* library :
         {"libcudnn.so.9", PETAPROOF_CUDNN_LIBRARY}) {  // where a loader looks, or the build did
      fe::cudnn_dlhandle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
      if (fe::cudnn_dlhandle) return std::string();
    }
    const char* error = dlerror();
    return fmt::format("cuDNN 9 cannot be loaded: {}", error ? error : "libcudnn.so.9");
  }();
  return why_not;
}

void check_status(cudnnStatus_t status, const char* what, std::source_location where) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  throw Error(Domain::cudnn, status, what, fmt::format("{}: {}", what, fe::detail::get_error_string(status)),
              detail::context_is_broken() ? Error::Kind::sticky : Error::Kind::local, where);
}

void check_run(fe::error_t error, const char* what, std::source_location where) {
  if (error.is_good()) return;
  throw Error(Domain::cudnn, static_cast<long>(error.get_code()), what,
              fmt::format("{}: {}", what, error.get_message()),
              detail::context_is_broken() ? Error::Kind::sticky : Error::Kind::local, where);
}

// What says that something is wrong, and not that there is no engine.
bool is_broken(fe::error_code_t code) {
  using Code = fe::error_code_t;
  return code == Code::CUDA_API_FAILED || code == Code::INVALID_CUDA_DEVICE || code == Code::HANDLE_ERROR;
}

// What the library refuses while a plan is made is not supported: shapes, types, masks, an old GPU.
void check_plan(fe::error_t error, const char* what, std::source_location where) {
  if (error.is_good()) return;
  if (is_broken(error.get_code())) return check_run(error, what, where);
  throw Error(Domain::not_supported, static_cast<long>(error.get_code()), what,
              fmt::format("cuDNN {} has no engine for this attention: {}", cudnn_version(), error.get_message()),
              Error::Kind::local, where);
}

#define PETAPROOF_CUDNN(expr) check_status((expr), #expr, std::source_location::current())
#define PETAPROOF_CUDNN_PLAN(expr) check_plan((expr), #expr, std::source_location::current())
#define PETAPROOF_CUDNN_RUN(expr) check_run((expr), #expr, std::source_location::current())

fe::DataType_t type_of(Element element) {
  if (element == Element::e4m3) return fe::DataType_t::FP8_E4M3;
  return element == Element::bf16 ? fe::DataType_t::BFLOAT16 : fe::DataType_t::HALF;
}

// cuDNN names dimensions [batch, heads, sequence, d]; strides say how they lie: [batch, sequence, heads, d].
struct Place {
  std::vector<std::int64_t> sizes, strides;
};

Place bshd(std::int64_t batch, std::int64_t rows, std::int64_t heads, std::int64_t d) {
  return {{batch, heads, rows, d}, {rows * heads * d, d, heads * d, 1}};
}

// One graph and its memory.
class Plan {
 public:
  Plan(const AttentionCase& one, AttentionPass pass, cudnnHandle_t handle, Device& device)
      : s_(one.shape), units_(attention_units(one.shape, one.element)) {
    const bool forward = pass == AttentionPass::forward, fp8 = one.element == Element::e4m3;
    if (forward && !fp8) {
      build_forward(one.element, handle);
    } else {
      begin(one.element);
      if (forward)
        describe_fp8_forward();
      else
        fp8 ? describe_fp8_backward(one.deterministic) : describe_backward(one.deterministic);
      build(handle);
    }
    std::int64_t bytes = 0;
    PETAPROOF_CUDNN_PLAN(graph_->get_workspace_size(bytes));
    // deterministic gradients on Hopper keep the gradient of P whole: 2 bytes for each pair of every head
    if (const auto why = memory_shortage(2 * one.bytes() + bytes, device.facts()))
      throw Error(Domain::not_supported,
                  fmt::format("with the {:.1f} GiB of its engine's workspace this attention {}",
                              static_cast<double>(bytes) * 0x1p-30, *why));
    workspace_ = device.allocate(static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1)));
    numbers_on_device_ = device.allocate(std::max<std::size_t>(numbers_.size(), 1) * sizeof(float));
    device.copy_from_host(numbers_on_device_.data(), numbers_.data(), numbers_.size() * sizeof(float));
  }

  void enqueue(cudnnHandle_t handle, const AttentionPointers& p) {
    std::unordered_map<std::int64_t, void*> all{
        {uid_q, p.q}, {uid_k, p.k}, {uid_v, p.v}, {uid_o, p.o}, {uid_lse, p.lse}};
    if (p.d_q) all.insert({{uid_d_o, p.d_o}, {uid_d_q, p.d_q}, {uid_d_k, p.d_k}, {uid_d_v, p.d_v}});
    for (std::size_t i = 0; i < numbers_.size(); ++i)
      all.insert({uid_numbers + static_cast<std::int64_t>(i), numbers_on_device_.as<float>() + i});
    PETAPROOF_CUDNN_RUN(graph_->execute(handle, all, workspace_.data()));
  }

  std::string engine() const {
    std::string name;
    return graph_->get_plan_name(name).is_good() ? name : "not named";
  }
  std::size_t workspace_bytes() const { return workspace_.bytes(); }
  /// How the frontend puts the graph together.
  const char* node() const { return node_; }

 private:
  void begin(Element element) {
    graph_.emplace();
    graph_->set_io_data_type(type_of(element))
        .set_intermediate_data_type(fe::DataType_t::FLOAT)
        .set_compute_data_type(fe::DataType_t::FLOAT);
  }
  void build(cudnnHandle_t handle) {
    PETAPROOF_CUDNN_PLAN(graph_->validate());
    PETAPROOF_CUDNN_PLAN(graph_->build_operation_graph(handle));
    PETAPROOF_CUDNN_PLAN(graph_->create_execution_plans({fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK}));
    PETAPROOF_CUDNN_PLAN(graph_->check_support());
    PETAPROOF_CUDNN_PLAN(graph_->build_plans());
  }
  // Of two ways to say the same the frontend would choose by the mask and by the library's version: without a bottom
  // right mask, from 9.13.1 on, one node. What every version and mask has comes first, so that cases compare.
  void build_forward(Element element, cudnnHandle_t handle) {
    try {
      begin(element);
      describe_forward(fe::AttentionImplementation_t::COMPOSITE);
      build(handle);
    } catch (const Error& composite) {
      if (composite.domain() != Domain::not_supported) throw;
      try {
        begin(element);
        describe_forward(fe::AttentionImplementation_t::UNIFIED);
        build(handle);
        node_ = "unified";
      } catch (const Error& unified) {
        if (unified.domain() != Domain::not_supported) throw;
        throw composite;
      }
    }
  }

  Tensor input(const char* name, std::int64_t uid, const Place& place) {
    return graph_->tensor(
        fe::graph::Tensor_attributes().set_name(name).set_uid(uid).set_dim(place.sizes).set_stride(place.strides));
  }
  static void output(const Tensor& tensor, std::int64_t uid, const Place& place) {
    tensor->set_output(true).set_uid(uid).set_dim(place.sizes).set_stride(place.strides);
  }
  Place q_place() const { return bshd(s_.batch, s_.sq, s_.heads, s_.dqk); }
  Place k_place() const { return bshd(s_.batch, s_.sk, s_.kv_heads, s_.dqk); }
  Place v_place() const { return bshd(s_.batch, s_.sk, s_.kv_heads, s_.dv); }
  Place o_place() const { return bshd(s_.batch, s_.sq, s_.heads, s_.dv); }
  Place lse_place() const { return {{s_.batch, s_.heads, s_.sq, 1}, {s_.heads * s_.sq, s_.sq, 1, 1}}; }

  // Where there are as many queries as keys both alignments are one, and every engine has the first: of those for
  // Hopper some lack the second.
  template <typename Attributes>
  void set_mask(Attributes& attributes) const {
    if (s_.mask == AttentionMask::full) return;
    if (s_.sq == s_.sk)
      attributes.set_causal_mask(true);
    else
      attributes.set_causal_mask_bottom_right(true);
  }

  void describe_forward(fe::AttentionImplementation_t node) {
    auto attributes = fe::graph::SDPA_attributes()
                          .set_name("forward")
                          .set_implementation(node)
                          .set_generate_stats(true)
                          .set_attn_scale(static_cast<float>(s_.scale()));
    set_mask(attributes);
    const auto [o, lse] = graph_->sdpa(input("Q", uid_q, q_place()), input("K", uid_k, k_place()),
                                       input("V", uid_v, v_place()), attributes);
    output(o, uid_o, o_place());
    output(lse, uid_lse, lse_place());
    lse->set_data_type(fe::DataType_t::FLOAT);
  }

  // Up to 9.15.0 the frontend has cuDNN mask what lies beyond the last whole 128 keys, and at each launch copies the
  // lengths from memory of its own that is gone by the time a recorded launch is replayed.
  void refuse_partial_keys() const {
    const auto version = fe::detail::get_backend_version();
    if (s_.sk % 128 != 0 && version <= 91500)
      throw Error(Domain::not_supported,
                  fmt::format("backward with cuDNN {}, before 9.15.1, takes keys in multiples of "
                              "128, and this is sk={}",
                              cudnn_version(), s_.sk));
  }

  void describe_backward(bool deterministic) {
    refuse_partial_keys();
    auto attributes = fe::graph::SDPA_backward_attributes()
                          .set_name("backward")
                          .set_attn_scale(static_cast<float>(s_.scale()))
                          .set_deterministic_algorithm(deterministic);
    set_mask(attributes);
    const Tensor lse = input("LSE", uid_lse, lse_place());
    lse->set_data_type(fe::DataType_t::FLOAT);
    const auto [d_q, d_k, d_v] = graph_->sdpa_backward(input("Q", uid_q, q_place()), input("K", uid_k, k_place()),
                                                       input("V", uid_v, v_place()), input("O", uid_o, o_place()),
                                                       input("dO", uid_d_o, o_place()), lse, attributes);
    output(d_q, uid_d_q, q_place());
    output(d_k, uid_d_k, k_place());
    output(d_v, uid_d_v, v_place());
  }

  // One number for a tensor: the unit of what is stored, or the scale that makes it so. Units as attention_units()
  // has them, over that of an operand.
  Tensor number(const char* name, double value) {
    const auto uid = uid_numbers + static_cast<std::int64_t>(numbers_.size());
    numbers_.push_back(static_cast<float>(value));
    const Tensor tensor = input(name, uid, one_number());
    tensor->set_data_type(fe::DataType_t::FLOAT);
    return tensor;
  }
  Tensor unit(const char* name, double unit) { return number(name, unit * unit_of(Element::e4m3)); }
  Tensor scale(const char* name, double unit) { return number(name, 1 / (unit * unit_of(Element::e4m3))); }
  // The largest element of a tensor, which the kernel writes for whoever sets the next scale; here nobody.
  void largest(const Tensor& tensor) {
    output(tensor, uid_numbers + static_cast<std::int64_t>(numbers_.size()), one_number());
    tensor->set_data_type(fe::DataType_t::FLOAT);
    numbers_.push_back(0);
  }
  static Place one_number() { return {{1, 1, 1, 1}, {1, 1, 1, 1}}; }

  void describe_fp8_forward() {
    auto attributes = fe::graph::SDPA_fp8_attributes().set_name("forward").set_generate_stats(true).set_attn_scale(
        static_cast<float>(s_.scale()));
    set_mask(attributes);
    const auto [o, lse, largest_s, largest_o] = graph_->sdpa_fp8(
        input("Q", uid_q, q_place()), input("K", uid_k, k_place()), input("V", uid_v, v_place()),
        unit("Descale_Q", 1), unit("Descale_K", 1), unit("Descale_V", 1), unit("Descale_S", units_.p),
        scale("Scale_S", units_.p), scale("Scale_O", units_.o), attributes);
    output(o, uid_o, o_place());
    output(lse, uid_lse, lse_place());
    lse->set_data_type(fe::DataType_t::FLOAT);
    largest(largest_s);
    largest(largest_o);
  }

  // Here "S" is P, and "dP" the gradient of the scores with the attention's scale.
  void describe_fp8_backward(bool deterministic) {
    auto attributes = fe::graph::SDPA_fp8_backward_attributes()
                          .set_name("backward")
                          .set_attn_scale(static_cast<float>(s_.scale()))
                          .set_deterministic_algorithm(deterministic);
    set_mask(attributes);
    const Tensor lse = input("LSE", uid_lse, lse_place());
    lse->set_data_type(fe::DataType_t::FLOAT);
    const auto [d_q, d_k, d_v, largest_d_q, largest_d_k, largest_d_v, largest_d_p] = graph_->sdpa_fp8_backward(
        input("Q", uid_q, q_place()), input("K", uid_k, k_place()), input("V", uid_v, v_place()),
        input("O", uid_o, o_place()), input("dO", uid_d_o, o_place()), lse, unit("Descale_Q", 1),
        unit("Descale_K", 1), unit("Descale_V", 1), unit("Descale_O", units_.o), unit("Descale_dO", 1),
        unit("Descale_S", units_.p), unit("Descale_dP", units_.ds), scale("Scale_S", units_.p),
        scale("Scale_dQ", units_.d_q), scale("Scale_dK", units_.d_kv), scale("Scale_dV", units_.d_kv),
        scale("Scale_dP", units_.ds), attributes);
    output(d_q, uid_d_q, q_place());
    output(d_k, uid_d_k, k_place());
    output(d_v, uid_d_v, v_place());
    for (const Tensor& tensor : {largest_d_q, largest_d_k, largest_d_v, largest_d_p}) largest(tensor);
  }

  AttentionShape s_;
  AttentionUnits units_;
  std::vector<float> numbers_;  // scales and their like, on the device in this order
  Buffer numbers_on_device_;
  std::optional<fe::graph::Graph> graph_;
  const char* node_ = "composite";
  Buffer workspace_;
};

}  // namespace

std::optional<std::string> cudnn_shortage() {
  const std::string& why_not = load_cudnn();
  return why_not.empty() ? std::nullopt : std::optional(why_not);
}

std::string cudnn_version() {
  if (cudnn_shortage()) return "none";
  const auto version = fe::detail::get_backend_version();  // 92801 is 9.28.1
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

struct CudnnAttention::Plans {
  Plans(const AttentionCase& one, Device& device) {
    if (auto why = cudnn_shortage()) throw Error(Domain::not_supported, *why);
    PETAPROOF_CUDNN(fe::detail::create_handle(&handle));
    forward.emplace(one, AttentionPass::forward, handle, device);
    if (one.pass == AttentionPass::backward) backward.emplace(one, AttentionPass::backward, handle, device);
  }
  ~Plans() {
    forward.reset();
    backward.reset();
    if (handle) fe::detail::destroy_handle(handle);
  }

  cudnnHandle_t handle = nullptr;
  std::optional<cudaStream_t> stream;  // that the handle was told of
  std::optional<Plan> forward, backward;
};

CudnnAttention::CudnnAttention(const AttentionCase& one, Device& device)
    : plans_(std::make_unique<Plans>(one, device)) {}
CudnnAttention::~CudnnAttention() = default;

void CudnnAttention::enqueue(AttentionPass pass, const AttentionPointers& pointers, cudaStream_t stream) {
  // once, and so before launches are recorded: the library does not say that it may be told while they are
  if (!plans_->stream || *plans_->stream != stream) {
    PETAPROOF_CUDNN(fe::detail::set_stream(plans_->handle, stream));
    plans_->stream = stream;
  }
  (pass == AttentionPass::forward ? plans_->forward : plans_->backward)->enqueue(plans_->handle, pointers);
}

std::vector<std::pair<std::string, std::string>> CudnnAttention::notes() const {
  const Plan& timed = plans_->backward ? *plans_->backward : *plans_->forward;
  return {{"cudnn", cudnn_version()},
          {"cudnn_frontend", fmt::format("{}.{}.{}", CUDNN_FRONTEND_MAJOR_VERSION, CUDNN_FRONTEND_MINOR_VERSION,
                                         CUDNN_FRONTEND_PATCH_VERSION)},
          {"cudnn_node", timed.node()},
          {"engine", timed.engine()},
          {"workspace_bytes", std::to_string(timed.workspace_bytes())}};
}

}  // namespace petaproof
