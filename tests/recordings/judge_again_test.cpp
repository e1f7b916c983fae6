// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/judge.hpp"
#include "support/provoked.hpp"

using namespace lkdoctor;
namespace fs = std::filesystem;

namespace {

const fs::path kFolder = fs::path(LKDOCTOR_SOURCE_DIR) / "tests/recordings";

std::string read(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

bool is_judgement(const fs::path& file) {
  return file.stem().extension() == ".judged";
}

std::vector<fs::path> recordings() {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".json" && !is_judgement(entry.path())) out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

OrderedJson shown(const CheckResult& check) {
  OrderedJson findings = OrderedJson::array();
  for (const ReportedFinding& reported : check.findings)
    findings.push_back(OrderedJson(Json(reported.finding)));
  return {{"id", check.id},
          {"outcome", name_of(check.outcome)},
          {"reason", check.reason ? OrderedJson(*check.reason) : OrderedJson()},
          {"must_have", check.must_have},
          {"findings", findings},
          {"facts", check.facts}};
}

OrderedJson shown(const Report& report) {
  OrderedJson checks = OrderedJson::array(), untested = OrderedJson::array();
  for (const CheckResult& check : report.checks) checks.push_back(shown(check));
  for (const NotTested& item : report.not_tested) untested.push_back({item.what, item.reason, item.how});
  return {{"target", report.target},
          {"verdict", name_of(report.verdict)},
          {"checks", checks},
          {"not_tested", untested}};
}

std::string judged(const fs::path& file) {
  const Recording recording = load_recording(read(file));
  const engine::CheckList checks = engine::make_checks(checks::table());
  const Report report = engine::judge(checks, recording, deployment_from(recording.deployment));
  for (const CheckResult& check : report.checks) {
    for (const ReportedFinding& reported : check.findings) test::provoked({reported.finding});
  }
  return shown(report).dump(1) + "\n";
}

}  // namespace

TEST_CASE("every recording is judged today as it was judged when it was stored") {
  const auto files = recordings();
  CHECK_FALSE(files.empty());
  for (const fs::path& file : files) {
    CAPTURE(file.filename());
    const fs::path stored = fs::path(file).replace_extension(".judged.json");
    const std::string today = judged(file);
    if (std::getenv("LKDOCTOR_UPDATE") != nullptr) std::ofstream(stored) << today;
    CHECK(today == read(stored));
  }
}

TEST_CASE("a recording that went through its text form is judged the same") {
  for (const fs::path& file : recordings()) {
    CHECK(dump_recording(load_recording(read(file))) ==
          dump_recording(load_recording(dump_recording(load_recording(read(file))))));
  }
}
