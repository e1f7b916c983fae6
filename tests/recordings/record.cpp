// SPDX-License-Identifier: EUPL-1.2
// Runs the checks on a described deployment and prints the recording: `record DESCRIPTION.json >NAME.json`.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "engine/collect.hpp"

using namespace lkdoctor;

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: record DESCRIPTION.json   (LKDOCTOR_API_SECRET: the secret of its key)\n";
    return 64;
  }
  std::ifstream in(argv[1]);
  Deployment deployment;
  Json description = describe(deployment);
  description.update(Json::parse(in), true);
  deployment = deployment_from(description);
  if (const char* secret = std::getenv("LKDOCTOR_API_SECRET")) {
    deployment.secrets.api_secret = Secret(secret);
    deployment.api_secret = {traits_of(deployment.secrets.api_secret), {}};
  }
  const engine::CheckList checks = engine::make_checks(checks::table());
  std::cout << dump_recording(engine::collect(engine::make_plan(checks, deployment, {}), deployment, {}));
  return 0;
} catch (const std::exception& error) {
  std::cerr << "record: " << error.what() << '\n';
  return 70;
}
