#include "harness/record/journal.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"
#include "harness/record/sha256.hpp"
#include "harness/tests/expect_error.hpp"
#include "harness/tests/temporary_folder.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// Recomputed here from the description of the format, not with its code: the hash of "abc" is FIPS 180-2's example.
TEST(Journal, ChecksumIsSha256OfTheTextBeforeIt) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string line = with_checksum({{"a", 1}});
  EXPECT_EQ(line, "{\"a\":1,\"checksum\":\"" + sha256("{\"a\":1").substr(0, 16) + "\"}\n");
}

class JournalFile : public testing::Test {
 protected:
  void SetUp() override {
    JournalWriter writer(path_);
    for (int i = 0; i < 3; ++i) writer.append({{"type", "begin"}, {"i", i}}, i == 2);
    whole_ = read_text(path_);
  }
  JournalContents reread(const std::string& text) {
    write_text(path_, text);
    return read_journal(path_);
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "journal.jsonl";
  std::string whole_;
};

TEST_F(JournalFile, ReadsBackWhatWasWritten) {
  const JournalContents contents = read_journal(path_);
  ASSERT_EQ(contents.lines.size(), 3u);
  EXPECT_EQ(contents.lines[2]["i"], 2);
  EXPECT_TRUE(contents.damage.empty());
}

// Cut anywhere: whole lines before the cut are read, and a cut inside a line is named.
TEST_F(JournalFile, SurvivesACutAtEveryByte) {
  const std::size_t line = whole_.size() / 3;  // the three lines are equally long
  for (std::size_t cut = 0; cut <= whole_.size(); ++cut) {
    const JournalContents contents = reread(whole_.substr(0, cut));
    // a line that lacks nothing but its line end is whole
    EXPECT_EQ(contents.lines.size(), (cut + 1) / line) << cut;
    EXPECT_EQ(contents.damage.empty(), cut % line == 0 || (cut + 1) % line == 0) << cut;
  }
}

TEST_F(JournalFile, AnyFlippedByteIsFound) {
  for (std::size_t at = 0; at < whole_.size(); ++at) {
    std::string text = whole_;
    text[at] = static_cast<char>(text[at] ^ 1);
    EXPECT_LE(reread(text).lines.size(), 2u) << "byte " << at << " '" << whole_[at] << "'";
    EXPECT_FALSE(reread(text).damage.empty()) << at;
  }
}

TEST_F(JournalFile, DamageIsNamedByLine) {
  std::string text = whole_;
  text[text.find("\"i\":1") + 4] = '7';
  EXPECT_THAT(reread(text).damage, ElementsAre("journal.jsonl, line 2: checksum does not match"));
  EXPECT_THAT(reread(whole_ + "{\"type\":").damage, ElementsAre("journal.jsonl, line 4: cut off"));
}

TEST_F(JournalFile, IsNeverOverwritten) {
  EXPECT_THAT(error_of(Domain::io, [&] { JournalWriter again(path_); }), HasSubstr("File exists"));
}

TEST(Journal, MissingIsAnError) {
  const TemporaryFolder folder;
  error_of(Domain::config, [&] { read_journal(folder / "none.jsonl"); });
}

// /dev/full accepts an open and refuses every write, as a full disk does.
TEST(Journal, AFullDiskIsAnErrorWithPathAndReason) {
  const std::string message = error_of(Domain::io, [] {
    const int file = open("/dev/full", O_WRONLY);
    write_all(file, "text", "/dev/full");
  });
  EXPECT_THAT(message, testing::AllOf(HasSubstr("/dev/full"), HasSubstr("No space left on device")));
}

}  // namespace
}  // namespace petaproof
