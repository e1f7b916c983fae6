// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string_view>
#include <vector>

#include <lkdoctor/proto/port_test.hpp>

namespace lkdoctor::respond {

/// UDP ports that somebody has in this network namespace now, from proc(5)'s tables: one mark for each port
/// of all 65536.
std::vector<bool> udp_ports_in_use();
/// Adds the ports of one table's text.
void add_ports_in_use(std::string_view table, std::vector<bool>& into);

}  // namespace lkdoctor::respond
