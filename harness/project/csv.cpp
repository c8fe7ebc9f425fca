#include "harness/project/csv.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "kernels/device/error.hpp"

namespace petaproof::project {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

class Reader {
 public:
  Reader(std::string_view text, const std::string& name) : text_(text), name_(name) {
    if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
  }

  std::vector<CsvRecord> records() {
    std::vector<CsvRecord> all;
    while (at_ < text_.size()) all.push_back(record());
    while (!all.empty() && is_blank(all.back())) all.pop_back();
    for (const CsvRecord& one : all)
      if (is_blank(one)) fail(one.line, "an empty line between records");
    if (all.empty()) fail(1, "nothing is in it; a header line is expected");
    return all;
  }

 private:
  static bool is_blank(const CsvRecord& record) { return record.fields.size() == 1 && record.fields[0].empty(); }

  [[noreturn]] void fail(int line, const std::string& what) const {
    throw Error(Domain::config, fmt::format("{}: line {}: {}", name_, line, what));
  }

  bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool at_line_end() const { return at('\n') || (at('\r') && at_ + 1 < text_.size() && text_[at_ + 1] == '\n'); }

  void skip_line_end() {
    at_ += at('\r') ? 2 : 1;
    ++line_;
  }

  CsvRecord record() {
    CsvRecord result{line_, {}};
    for (;;) {
      result.fields.push_back(checked(at('"') ? quoted() : plain(), result));
      if (at_ >= text_.size()) return result;
      if (at_line_end()) {
        skip_line_end();
        return result;
      }
      ++at_;  // the comma
    }
  }

  std::string plain() {
    std::string field;
    for (; at_ < text_.size() && !at(',') && !at_line_end(); ++at_) {
      if (at('"')) fail(line_, "a quote inside a field that does not begin with one; write it doubled, in quotes");
      if (at('\r')) fail(line_, "a carriage return that ends no line");
      field += text_[at_];
    }
    return field;
  }

  std::string quoted() {
    const int begin = line_;
    std::string field;
    for (++at_; at_ < text_.size(); ++at_) {
      if (at('"')) {
        ++at_;
        if (!at('"')) {
          if (at_ < text_.size() && !at(',') && !at_line_end())
            fail(line_, "text after the quote that closes a field");
          return field;
        }
      }
      if (at('\n')) ++line_;
      field += text_[at_];
    }
    fail(begin, "a quote is opened and never closed");
  }

  // What goes on into JSON and messages must be text.
  std::string checked(std::string field, const CsvRecord& record) const {
    if (field.find('\0') != std::string::npos) fail(record.line, "a NUL byte; this is no text file");
    try {
      (void)nlohmann::json(field).dump();
    } catch (const nlohmann::json::exception&) {
      fail(record.line, fmt::format("column {}: not UTF-8", record.fields.size() + 1));
    }
    return field;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<CsvRecord> parse_csv(std::string_view text, const std::string& name) {
  return Reader(text, name).records();
}

}  // namespace petaproof::project
