// needs: openmp
//
// Attention and its gradients on the host: FP32 arithmetic, operands and results stored as the case says, on the
// cores that this rank has to itself. Rows of scores are kept whole; no tile, no online softmax: what a kernel that
// has them is compared with should be read at a glance.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "kernels/attention/attention_case.hpp"
#include "kernels/verify/attention_check.hpp"
#include "kernels/verify/stored.hpp"
#include "kernels/workload.hpp"

namespace petaproof {
namespace {

struct Tensors {
  Buffer q, k, v, o, lse;
  Buffer d_o, d_q, d_k, d_v;  // backward alone
};

// Where the first row of a head is in its tensor, and how far the next one is from it.
struct Place {
  std::int64_t first, stride;
};

// One head of a tensor in FP32, row after row.
class Rows {
 public:
  Rows(std::int64_t rows, std::int64_t length) : length_(length), data_(static_cast<std::size_t>(rows * length)) {}

  float* operator[](std::int64_t row) { return &data_[static_cast<std::size_t>(row * length_)]; }
  const float* operator[](std::int64_t row) const { return &data_[static_cast<std::size_t>(row * length_)]; }
  std::int64_t length() const { return length_; }
  std::int64_t rows() const { return static_cast<std::int64_t>(data_.size()) / length_; }
  void clear() { std::ranges::fill(data_, 0.0f); }

  void read(Element element, const Buffer& from, Place at) {
    for (std::int64_t row = 0; row < rows(); ++row)
      for (std::int64_t i = 0; i < length_; ++i)
        (*this)[row][i] = load(element, from.data(), at.first + row * at.stride + i);
  }
  void write(Element element, const Buffer& to, Place at) const {
    for (std::int64_t row = 0; row < rows(); ++row)
      for (std::int64_t i = 0; i < length_; ++i)
        store(element, to.data(), at.first + row * at.stride + i, (*this)[row][i]);
  }

 private:
  std::int64_t length_;
  std::vector<float> data_;
};

float dot(const float* x, const float* y, std::int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < count; ++i) sum += x[i] * y[i];
  return sum;
}

void add_multiple(float* sum, float factor, const float* x, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) sum[i] += factor * x[i];
}

// The heads of queries that share one head of keys and values: what one thread works on.
class Group {
 public:
  Group(const AttentionCase& one, const Tensors& tensors, std::int64_t index)
      : s_(one.shape),
        element_(one.element),
        t_(tensors),
        b_(index / one.shape.kv_heads),
        kv_(index % one.shape.kv_heads),
        scale_(static_cast<float>(one.shape.scale())),
        k_(s_.sk, s_.dqk),
        v_(s_.sk, s_.dv),
        q_(s_.sq, s_.dqk),
        o_(s_.sq, s_.dv),
        p_(static_cast<std::size_t>(s_.sk)) {
    k_.read(element_, t_.k, k_place());
    v_.read(element_, t_.v, v_place());
  }

  void forward() {
    for (std::int64_t h = kv_ * s_.group(); h < (kv_ + 1) * s_.group(); ++h) {
      q_.read(element_, t_.q, q_place(h));
      o_.clear();
      for (std::int64_t row = 0; row < s_.sq; ++row)
        t_.lse.as<float>()[s_.lse_at(b_, h, row)] = forward_row(row, s_.visible_keys(row));
      o_.write(element_, t_.o, o_place(h));
    }
  }

  void backward() {
    Rows d_k(s_.sk, s_.dqk), d_v(s_.sk, s_.dv), d_q(s_.sq, s_.dqk), d_o(s_.sq, s_.dv);
    for (std::int64_t h = kv_ * s_.group(); h < (kv_ + 1) * s_.group(); ++h) {
      q_.read(element_, t_.q, q_place(h));
      o_.read(element_, t_.o, o_place(h));
      d_o.read(element_, t_.d_o, o_place(h));
      d_q.clear();
      for (std::int64_t row = 0; row < s_.sq; ++row) {
        const float delta = dot(d_o[row], o_[row], s_.dv);  // sum of p dp
        const float lse = t_.lse.as<float>()[s_.lse_at(b_, h, row)];
        for (std::int64_t key = 0; key < s_.visible_keys(row); ++key) {
          const float p = std::exp(scale_ * dot(q_[row], k_[key], s_.dqk) - lse);
          const float ds = scale_ * p * (dot(d_o[row], v_[key], s_.dv) - delta);
          add_multiple(d_v[key], p, d_o[row], s_.dv);
          add_multiple(d_k[key], ds, q_[row], s_.dqk);
          add_multiple(d_q[row], ds, k_[key], s_.dqk);
        }
      }
      d_q.write(element_, t_.d_q, q_place(h));
    }
    d_k.write(element_, t_.d_k, k_place());
    d_v.write(element_, t_.d_v, v_place());
  }

 private:
  // Returns the log-sum-exp. A row that sees no key is zero.
  float forward_row(std::int64_t row, std::int64_t seen) {
    if (seen == 0) return -std::numeric_limits<float>::infinity();
    float largest = -std::numeric_limits<float>::infinity(), sum = 0;
    for (std::int64_t key = 0; key < seen; ++key) {
      p_[key] = scale_ * dot(q_[row], k_[key], s_.dqk);
      largest = std::max(largest, p_[key]);
    }
    for (std::int64_t key = 0; key < seen; ++key) {
      p_[key] = std::exp(p_[key] - largest);
      sum += p_[key];
    }
    for (std::int64_t key = 0; key < seen; ++key) add_multiple(o_[row], p_[key] / sum, v_[key], s_.dv);
    return largest + std::log(sum);
  }

  Place q_place(std::int64_t h) const { return {s_.q_at(b_, 0, h), s_.heads * s_.dqk}; }
  Place o_place(std::int64_t h) const { return {s_.o_at(b_, 0, h), s_.heads * s_.dv}; }
  Place k_place() const { return {s_.k_at(b_, 0, kv_), s_.kv_heads * s_.dqk}; }
  Place v_place() const { return {s_.v_at(b_, 0, kv_), s_.kv_heads * s_.dv}; }

  const AttentionShape& s_;
  Element element_;
  const Tensors& t_;
  std::int64_t b_, kv_;
  float scale_;
  Rows k_, v_, q_, o_;
  std::vector<float> p_;
};

void compute(const AttentionCase& one, const Tensors& tensors, AttentionPass pass, int threads) {
  const std::int64_t groups = one.shape.batch * one.shape.kv_heads;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (std::int64_t i = 0; i < groups; ++i) {
    Group group(one, tensors, i);
    if (pass == AttentionPass::forward)
      group.forward();
    else
      group.backward();
  }
}

class AttentionReference : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "attention, forward and backward, as its formulas are written, in FP32 on CPU cores",
        .backend = "host",
        .params = attention_params({"bf16", "fp16", "fp32"}, 512)};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    return memory_shortage(2 * attention_case(params).bytes(), setting.device.facts());
  }

  std::vector<Quantity> work(const Params& params, int) const override {
    return attention_work(attention_case(params));
  }

  void prepare(Context& context) override {
    case_ = attention_case(context.params);
    threads_ = context.device.facts().units;
    const int count = context.slots_for(case_.bytes());
    for (int i = 0; i < count; ++i) slots_.push_back(make_slot(context, static_cast<std::uint64_t>(i)));
  }

  int slots() const override { return static_cast<int>(slots_.size()); }
  void launch(Stream&, int slot) override { compute(case_, slots_[slot].tensors, case_.pass, threads_); }

  std::vector<Region> outputs(int slot) const override {
    const Tensors& t = slots_[slot].tensors;
    const auto region = [](const char* name, const Buffer& buffer) {
      return Region{name, buffer.data(), buffer.bytes()};
    };
    if (case_.pass == AttentionPass::forward) return {region("O", t.o), region("log-sum-exp", t.lse)};
    return {region("dQ", t.d_q), region("dK", t.d_k), region("dV", t.d_v)};
  }

  Verification verify(Context&, int slot) override {
    const Tensors& t = slots_[slot].tensors;
    if (case_.pass == AttentionPass::forward)
      return slots_[slot].check->check({.o = t.o.data(), .lse = t.lse.as<float>()});
    return slots_[slot].check->check({.d_q = t.d_q.data(), .d_k = t.d_k.data(), .d_v = t.d_v.data()});
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    auto notes = attention_notes(case_);
    notes.emplace_back("threads", std::to_string(threads_));
    return notes;
  }

 private:
  struct Slot {
    Tensors tensors;
    std::optional<AttentionCheck> check;
  };

  Slot make_slot(Context& context, std::uint64_t index) const {
    const AttentionShape& s = case_.shape;
    const auto empty = [&](std::int64_t count, Element element) {
      return context.device.allocate(static_cast<std::size_t>(bytes_of(element, count)));
    };
    const auto filled = [&](std::int64_t count, std::uint64_t which) {
      Buffer buffer = empty(count, case_.element);
      fill_stored(case_.element, buffer.data(), count, context.fill, context.seed, 4 * index + which);
      return buffer;
    };
    Slot slot;
    Tensors& t = slot.tensors;
    t.q = filled(s.q_count(), 0);
    t.k = filled(s.k_count(), 1);
    t.v = filled(s.v_count(), 2);
    t.o = empty(s.o_count(), case_.element);
    t.lse = empty(s.lse_count(), Element::fp32);
    if (case_.pass == AttentionPass::backward) {
      t.d_o = filled(s.o_count(), 3);
      t.d_q = empty(s.q_count(), case_.element);
      t.d_k = empty(s.k_count(), case_.element);
      t.d_v = empty(s.v_count(), case_.element);
    }
    // before the first launch: an oracle must not look at operands that the kernel has had in its hands
    slot.check.emplace(s, case_.pass,
                       AttentionInputs{case_.element, t.q.data(), t.k.data(), t.v.data(), t.d_o.data()},
                       context.seed + index);
    if (case_.pass == AttentionPass::backward) compute(case_, t, AttentionPass::forward, threads_);
    return slot;
  }

  AttentionCase case_;
  std::vector<Slot> slots_;
  int threads_ = 1;
};

PETAPROOF_WORKLOAD("attention/reference", AttentionReference);

}  // namespace
}  // namespace petaproof
