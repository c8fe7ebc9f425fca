// Attention as a graph of cuDNN's: what is described, and the plan that the library makes of it. Uids name the
// tensors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernels/attention/attention_case.hpp"
#include "kernels/attention/cuda/cudnn_library.hpp"
#include "kernels/attention/fp8.hpp"

namespace petaproof::cudnn {

using Tensor = std::shared_ptr<fe::graph::Tensor_attributes>;

enum Uid : std::int64_t { uid_q = 1, uid_k, uid_v, uid_o, uid_lse, uid_d_o, uid_d_q, uid_d_k, uid_d_v, uid_numbers };

inline fe::DataType_t type_of(Element element) {
  if (element == Element::e4m3) return fe::DataType_t::FP8_E4M3;
  return element == Element::bf16 ? fe::DataType_t::BFLOAT16 : fe::DataType_t::HALF;
}

// cuDNN names dimensions [batch, heads, sequence, d]; strides say how they lie: [batch, sequence, heads, d].
struct Place {
  std::vector<std::int64_t> sizes, strides;
};

inline Place bshd(std::int64_t batch, std::int64_t rows, std::int64_t heads, std::int64_t d) {
  return {{batch, heads, rows, d}, {rows * heads * d, d, heads * d, 1}};
}

// What a plan is made for: the GPU that the handle is of, or one that is described.
struct Target {
  cudnnHandle_t handle = nullptr;
  std::shared_ptr<const fe::DeviceProperties> properties = nullptr;
};

// One pass of a case, and the library's plan for it.
class Graph {
 public:
  Graph(const AttentionCase& one, AttentionPass pass, const Target& target)
      : s_(one.shape), element_(one.element), units_(attention_units(one.shape, one.element)) {
    const bool forward = pass == AttentionPass::forward, fp8 = one.element == Element::e4m3;
    if (forward && !fp8) {
      build_forward(target);
    } else {
      begin(target);
      if (forward)
        describe_fp8_forward();
      else
        fp8 ? describe_fp8_backward(one.deterministic) : describe_backward(one.deterministic);
      build(target);
    }
    PETAPROOF_CUDNN_PLAN(graph_->get_workspace_size(workspace_bytes_));
  }

  void execute(cudnnHandle_t handle, std::unordered_map<std::int64_t, void*>& tensors, void* workspace) {
    PETAPROOF_CUDNN_RUN(graph_->execute(handle, tensors, workspace));
  }

  std::int64_t workspace_bytes() const { return workspace_bytes_; }
  /// One-element tensors, from uid_numbers on: scales, and room for what the kernel writes of their kind.
  const std::vector<float>& numbers() const { return numbers_; }
  /// For the record: which engine the library chose, and how the frontend puts the graph together.
  std::vector<std::pair<std::string, std::string>> notes() const {
    std::string engine;
    return {{"cudnn", cudnn_version()},
            {"cudnn_frontend", fmt::format("{}.{}.{}", CUDNN_FRONTEND_MAJOR_VERSION, CUDNN_FRONTEND_MINOR_VERSION,
                                           CUDNN_FRONTEND_PATCH_VERSION)},
            {"cudnn_node", node_},
            {"engine", graph_->get_plan_name(engine).is_good() ? engine : "not named"},
            {"workspace_bytes", std::to_string(workspace_bytes_)}};
  }

 private:
  void begin(const Target& target) {
    graph_.emplace();
    if (target.properties) graph_->set_device_properties(target.properties);
    graph_->set_io_data_type(type_of(element_))
        .set_intermediate_data_type(fe::DataType_t::FLOAT)
        .set_compute_data_type(fe::DataType_t::FLOAT);
  }
  void build(const Target& target) {
    PETAPROOF_CUDNN_PLAN(graph_->validate());
    PETAPROOF_CUDNN_PLAN(graph_->build_operation_graph(target.handle));
    PETAPROOF_CUDNN_PLAN(graph_->create_execution_plans({fe::HeurMode_t::A, fe::HeurMode_t::FALLBACK}));
    PETAPROOF_CUDNN_PLAN(graph_->check_support());
    PETAPROOF_CUDNN_PLAN(graph_->build_plans());
  }
  // Of two ways to say the same the frontend would choose by the mask and by the library's version: without a bottom
  // right mask, from 9.13.1 on, one node. What every version and mask has comes first, so that cases compare.
  void build_forward(const Target& target) {
    try {
      begin(target);
      describe_forward(fe::AttentionImplementation_t::COMPOSITE);
      build(target);
    } catch (const Error& composite) {
      if (composite.domain() != Domain::not_supported) throw;
      try {
        begin(target);
        describe_forward(fe::AttentionImplementation_t::UNIFIED);
        build(target);
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

  Tensor input_lse() {
    const Tensor lse = input("LSE", uid_lse, lse_place());
    lse->set_data_type(fe::DataType_t::FLOAT);
    return lse;
  }
  void output_results(const Tensor& o, const Tensor& lse) const {
    output(o, uid_o, o_place());
    output(lse, uid_lse, lse_place());
    lse->set_data_type(fe::DataType_t::FLOAT);
  }
  void output_gradients(const Tensor& d_q, const Tensor& d_k, const Tensor& d_v) const {
    output(d_q, uid_d_q, q_place());
    output(d_k, uid_d_k, k_place());
    output(d_v, uid_d_v, v_place());
  }

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
    output_results(o, lse);
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
    const auto [d_q, d_k, d_v] = graph_->sdpa_backward(input("Q", uid_q, q_place()), input("K", uid_k, k_place()),
                                                       input("V", uid_v, v_place()), input("O", uid_o, o_place()),
                                                       input("dO", uid_d_o, o_place()), input_lse(), attributes);
    output_gradients(d_q, d_k, d_v);
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
    output_results(o, lse);
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
    const auto [d_q, d_k, d_v, largest_d_q, largest_d_k, largest_d_v, largest_d_p] = graph_->sdpa_fp8_backward(
        input("Q", uid_q, q_place()), input("K", uid_k, k_place()), input("V", uid_v, v_place()),
        input("O", uid_o, o_place()), input("dO", uid_d_o, o_place()), input_lse(), unit("Descale_Q", 1),
        unit("Descale_K", 1), unit("Descale_V", 1), unit("Descale_O", units_.o), unit("Descale_dO", 1),
        unit("Descale_S", units_.p), unit("Descale_dP", units_.ds), scale("Scale_S", units_.p),
        scale("Scale_dQ", units_.d_q), scale("Scale_dK", units_.d_kv), scale("Scale_dV", units_.d_kv),
        scale("Scale_dP", units_.ds), attributes);
    output_gradients(d_q, d_k, d_v);
    for (const Tensor& tensor : {largest_d_q, largest_d_k, largest_d_v, largest_d_p}) largest(tensor);
  }

  AttentionShape s_;
  Element element_;
  AttentionUnits units_;
  std::vector<float> numbers_;
  std::optional<fe::graph::Graph> graph_;
  const char* node_ = "composite";
  std::int64_t workspace_bytes_ = 0;
};

}  // namespace petaproof::cudnn
