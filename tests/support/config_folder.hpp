// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/load.hpp"

/// Configuration files in a folder of their own, and what is read of them.
namespace lkdoctor::test::config_folder {

using namespace lkdoctor::config;

inline constexpr const char* kSecret = "canary-0123456789abcdef0123456789";

/// A folder of its own, removed at the end, with nothing of this machine in sight.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "lkdoctor-load-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path_ + "/" + name).parent_path());
    std::ofstream(path_ + "/" + name) << text;
  }
  Inputs inputs() const {
    Inputs inputs;
    inputs.folder = path_;
    inputs.system_folder = path_ + "/etc";
    inputs.now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
    return inputs;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string controller(const std::string& key = "controller",
                              const std::string& host = "livekit.uni.example") {
  return "[livekit]\napi_key = \"" + key + "\"\napi_secret = \"" + kSecret + "\"\npublic_url = \"wss://" +
         host + "\"\nservice_url = \"http://livekit:7880\"\n";
}

inline std::string livekit(const std::string& keys) {
  return "port: 7880\nrtc:\n  tcp_port: 7881\n  port_range_start: 20000\n  port_range_end: 25000\nkeys:\n" +
         keys;
}

inline Loaded loaded(const Inputs& inputs) {
  Loaded out = load(inputs);
  // No secret leaves, whatever was read.
  std::string all = describe(out.deployment).dump();
  for (const Setting& setting : out.settings) all += setting.key + setting.value + text(setting.origin);
  if (out.error) all += out.error->message;
  CHECK(all.find("canary") == std::string::npos);
  return out;
}

inline std::string error_of(const Inputs& inputs) {
  const Loaded out = loaded(inputs);
  if (!out.error) return "";
  return std::to_string(out.error->exit_status) + " " + out.error->message;
}

inline std::string setting(const Loaded& out, std::string_view key) {
  for (const Setting& entry : out.settings) {
    if (entry.key == key) return entry.value + " " + text(entry.origin);
  }
  return "";
}

inline std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what))
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace lkdoctor::test::config_folder
