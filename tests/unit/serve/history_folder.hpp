// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>

#include "serve/past.hpp"

namespace lkdoctor::test {

/// A state directory that ends with the test.
class HistoryFolder {
 public:
  HistoryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "lkdoctor-history-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~HistoryFolder() { std::filesystem::remove_all(path_); }
  HistoryFolder(const HistoryFolder&) = delete;
  HistoryFolder& operator=(const HistoryFolder&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::string file() const { return path_ + "/history.sqlite"; }

 private:
  std::string path_;
};

inline serve::PastCause cause(std::string finding) {
  return {std::move(finding), "198.51.100.23", Severity::failure, "UDP does not pass.", "Open the range"};
}

inline serve::Moment moment(std::string target, std::int64_t at_ms, Verdict verdict,
                            std::vector<serve::PastCause> causes = {}) {
  return {std::move(target), at_ms, verdict, std::move(causes), {}};
}

}  // namespace lkdoctor::test
