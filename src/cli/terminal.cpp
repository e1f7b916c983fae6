// SPDX-License-Identifier: EUPL-1.2
#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <lkdoctor/text.hpp>

extern char** environ;

namespace lkdoctor::cli {
namespace {

std::string value_of(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

int columns_of(int descriptor) {
  constexpr int kNarrowest = 72, kWidest = 100;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWidest;
  return std::clamp(static_cast<int>(size.ws_col), kNarrowest, kWidest);
}

}  // namespace

Environment whole_environment() {
  Environment out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view pair(*entry);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos) out.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return out;
}

bool is_utf8_locale(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = to_lower_ascii(value_of(environment, name));
    if (value.empty()) continue;
    // language_TERRITORY.CODESET@modifier
    const std::size_t dot = value.find('.');
    const std::string codeset =
        dot == std::string::npos ? "" : value.substr(dot + 1, value.find('@') - dot - 1);
    return codeset == "utf-8" || codeset == "utf8";
  }
  return false;
}

bool wants_colour(const std::string& when, bool terminal, const Environment& environment) {
  if (when == "always") return true;
  if (when == "never" || !value_of(environment, "NO_COLOR").empty()) return false;
  for (const char* name : {"FORCE_COLOR", "CLICOLOR_FORCE"}) {
    const std::string forced = value_of(environment, name);
    if (!forced.empty() && forced != "0") return true;
  }
  return terminal && value_of(environment, "TERM") != "dumb";
}

report::TextStyle style_for(int descriptor, const std::string& colour, const Environment& environment) {
  report::TextStyle style;
  style.utf8 = is_utf8_locale(environment);
  style.colour = wants_colour(colour, isatty(descriptor) == 1, environment);
  style.width = columns_of(descriptor);
  return style;
}

std::string whole_input() {
  constexpr std::size_t kMost = std::size_t{16} << 20U;
  std::string out;
  std::array<char, 16384> buffer{};
  while (out.size() < kMost) {
    const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return out;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno == EPIPE;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void complain(std::string_view message) {
  const std::string line = "lkdoctor: " + report::safe(message) + "\n";
  write_all(STDERR_FILENO, is_utf8_locale(whole_environment()) ? line : report::to_ascii(line));
}

}  // namespace lkdoctor::cli
