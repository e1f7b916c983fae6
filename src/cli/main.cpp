// SPDX-License-Identifier: EUPL-1.2
#include "cli/run.hpp"

int main(int argc, char** argv) {
  return lkdoctor::cli::run(argc, argv, lkdoctor::checks::table());
}
