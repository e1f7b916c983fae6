// SPDX-License-Identifier: EUPL-1.2
// Reads cases as JSON lines from stdin and prints what read_livekit makes of each: for the differential test.
#include <iostream>
#include <string>

#include "config/livekit.hpp"

using namespace lkdoctor;

namespace {

config::LiveKitInputs inputs_of(const Json& one) {
  config::LiveKitInputs inputs;
  inputs.file_name = "livekit.yaml";
  if (one.contains("file") && !one["file"].is_null()) inputs.file_text = one["file"].get<std::string>();
  if (one.contains("file_hex")) {
    std::string bytes;
    const std::string hex = one["file_hex"];
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes += static_cast<char>(static_cast<unsigned char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    inputs.file_text = bytes;
  }
  inputs.arguments = one.value("arguments", std::vector<std::string>{});
  inputs.environment = one.value("environment", std::map<std::string, std::string>{});
  inputs.version = one.value("version", "");
  const Json files = one.value("files", Json::object());
  inputs.read_key_file = [files](const std::string& path) -> config::KeyFile {
    if (!files.contains(path)) return {std::nullopt, 0, "no such file or directory"};
    const Json& file = files[path];
    return {file.at("text").get<std::string>(), file.value("mode", 0600U), ""};
  };
  return inputs;
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json one = Json::parse(line);
    const auto reading = config::read_livekit(inputs_of(one));
    const LiveKitSettings& settings = reading.settings;
    Json out = {
        {"accepted", settings.accepted}, {"reason", settings.reason}, {"effective", settings.effective}};
    out["findings"] = Json::array();
    for (const Finding& finding : settings.findings) out["findings"].push_back(finding);
    std::cout << out.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
  }
}
