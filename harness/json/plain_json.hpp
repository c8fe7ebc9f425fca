// JSON as programs write most of it: ASCII texts without escapes, numbers that fit. The journal of 100,000 GPUs is
// some 200 MB of it, of which nlohmann's parser, that looks at one character at a time, takes most of the time of a
// verdict.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace petaproof {

/// Hands a text to a reader with the functions of nlohmann's json_sax. False for whatever is not plain: an error, an
/// escape, a character beyond ASCII, a number out of range. It is then for the full parser, and a new reader, to
/// understand or to refuse; so this one has to know no rule of JSON but those of plain texts.
template <typename Reader>
class PlainJson {
 public:
  PlainJson(std::string_view text, Reader& reader)
      : at_(text.data()), end_(text.data() + text.size()), reader_(reader) {}

  bool parse() {
    if (!value()) return false;
    skip_blanks();
    return at_ == end_;
  }

 private:
  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  // The next character that is not blank; 0 at the end.
  char next() {
    skip_blanks();
    return at_ == end_ ? '\0' : *at_;
  }
  bool take(char expected) {
    if (next() != expected) return false;
    ++at_;
    return true;
  }

  // The reader refuses what is nested too deep, before the stack is.
  bool value() {
    switch (next()) {
      case '{': return object();
      case '[': return array();
      case '"': return text() && reader_.string(text_);
      case 't': return literal("true") && reader_.boolean(true);
      case 'f': return literal("false") && reader_.boolean(false);
      case 'n': return literal("null") && reader_.null();
      default: return number();
    }
  }

  bool object() {
    ++at_;
    if (!reader_.start_object(unknown_size)) return false;
    if (take('}')) return reader_.end_object();
    do {
      if (next() != '"' || !text() || !take(':') || !reader_.key(text_) || !value()) return false;
    } while (take(','));
    return take('}') && reader_.end_object();
  }

  bool array() {
    ++at_;
    if (!reader_.start_array(unknown_size)) return false;
    if (take(']')) return reader_.end_array();
    do
      if (!value()) return false;
    while (take(','));
    return take(']') && reader_.end_array();
  }

  bool text() {
    const char* const begin = ++at_;
    while (at_ != end_ && *at_ >= 0x20 && *at_ < 0x7F && *at_ != '"' && *at_ != '\\') ++at_;
    if (at_ == end_ || *at_ != '"') return false;
    text_.assign(begin, at_);
    ++at_;
    return true;
  }

  bool literal(std::string_view word) {
    if (!std::string_view(at_, end_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool digits() {
    const char* const begin = at_;
    while (at_ != end_ && '0' <= *at_ && *at_ <= '9') ++at_;
    return at_ != begin;
  }

  // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
  bool number() {
    const char* const begin = at_;
    if (at_ == end_) return false;
    const bool negative = *at_ == '-';
    if (negative) ++at_;
    const bool zero = at_ != end_ && *at_ == '0';
    const char* const first = at_;
    if (!digits() || (zero && at_ != first + 1)) return false;
    bool whole = true;
    if (at_ != end_ && *at_ == '.') {
      whole = false;
      ++at_;
      if (!digits()) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      whole = false;
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!digits()) return false;
    }
    if (!whole) return converted<double>(begin, [&](double value) { return reader_.number_float(value, text_); });
    if (negative)
      return converted<std::int64_t>(begin, [&](std::int64_t value) { return reader_.number_integer(value); });
    return converted<std::uint64_t>(begin, [&](std::uint64_t value) { return reader_.number_unsigned(value); });
  }

  template <typename Number, typename Function>
  bool converted(const char* begin, Function hand_over) {
    Number value{};
    const auto [end, error] = std::from_chars(begin, at_, value);
    return error == std::errc{} && end == at_ && hand_over(value);
  }

  static constexpr std::size_t unknown_size = static_cast<std::size_t>(-1);

  const char* at_;
  const char* end_;
  Reader& reader_;
  std::string text_;  // the last one read
};

}  // namespace petaproof
