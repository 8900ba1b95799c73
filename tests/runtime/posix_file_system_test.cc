#include "processors/runtime/posix_file_system.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/fakes/temp_directory.h"

namespace weir::runtime {
namespace {

TEST(PosixFileSystem, KeepsWhatIsWritten) {
  const fakes::TempDirectory directory;
  PosixFileSystem files;
  const std::string path = directory.path() + "/a/b/file";
  ASSERT_TRUE(make_directories_synced(files, directory.path() + "/a/b"));

  ASSERT_TRUE(replace_file_synced(files, path, "first"));
  ASSERT_TRUE(replace_file(files, path, "second"));
  {
    const auto file = files.open_append(path).value();
    ASSERT_TRUE(file->append(" and more"));
    ASSERT_TRUE(file->sync());
  }
  EXPECT_EQ(read_file(files, path).value(), "second and more");
  EXPECT_GE(directory_bytes(files, directory.path() + "/a/b").value(), 15u);
  EXPECT_EQ(files.list(directory.path() + "/a/b").value(), std::vector<std::string>{"file"});

  ASSERT_TRUE(files.truncate(path, 3));
  const auto open = files.open_read(path).value();
  ASSERT_TRUE(files.remove(path));
  std::string bytes = "<";
  ASSERT_TRUE(open->read(1, 100, bytes));  // an open file outlives its name
  EXPECT_EQ(bytes, "<ec");
  EXPECT_GT(files.free_bytes(directory.path()).value(), 0u);
}

TEST(PosixFileSystem, CountsWhatTheDiskGaveAndNotTheLength) {
  const fakes::TempDirectory directory;
  PosixFileSystem files;
  const std::string path = directory.path() + "/file";
  ASSERT_TRUE(files.open_append(path).value()->append("x"));
  const int file = ::open(path.c_str(), O_WRONLY);
  ASSERT_EQ(::fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 1 << 20), 0);
  ::close(file);

  EXPECT_EQ(files.open_read(path).value()->size().value(), 1u);
  EXPECT_GE(directory_bytes(files, directory.path()).value(), 1u << 20);
}

TEST(PosixFileSystem, ErrorsNameThePathAndTheirKind) {
  const fakes::TempDirectory directory;
  PosixFileSystem files;
  const std::string path = directory.path() + "/none";

  for (const Error& error :
       {files.open_read(path).error(), files.remove(path).error(), files.list(path).error(),
        files.truncate(path, 0).error(), files.rename(path, path + "2").error(),
        files.make_directory(path + "/below").error(), files.sync_directory(path).error()}) {
    EXPECT_EQ(error.code, ErrorCode::not_found);
    EXPECT_TRUE(error.message.starts_with(path)) << error.message;
  }
  EXPECT_EQ(directory_bytes(files, path).value(), 0u);
  const auto full = files.open_append("/dev/full").value()->append("x");
  EXPECT_EQ(full.error().code, ErrorCode::exhausted);
  EXPECT_EQ(full.error().message,
            "/dev/full: cannot write: No space left on device; make room and start again");
}

TEST(PosixFileSystem, ALockHasOneHolderAndNamesIt) {
  const fakes::TempDirectory directory;
  PosixFileSystem files;
  const std::string path = directory.path() + "/LOCK";
  auto held = files.lock(path).value();

  const auto second = files.lock(path);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::locked);
  EXPECT_EQ(second.error().message,
            fmt::format("{}: process {} is using this directory; stop it first", path, ::getpid()));
  held.reset();
  EXPECT_TRUE(files.lock(path));
}

}  // namespace
}  // namespace weir::runtime
