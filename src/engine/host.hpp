// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

namespace lkdoctor::engine {

std::string host_name();
/// Addresses of the interfaces that are up; without loopback and link-local ones.
std::vector<std::string> local_addresses();

}  // namespace lkdoctor::engine
