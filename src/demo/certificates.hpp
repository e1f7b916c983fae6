// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>

#include "demo/behaviour.hpp"

namespace lkdoctor::demo {

/// PEM texts of a small public-key infrastructure made at run time: root, intermediate, leaf (P-256).
struct Certificates {
  std::string root;   ///< what a client must trust
  std::string chain;  ///< what the server sends, leaf first
  std::string key;    ///< of the leaf
};
Certificates make_certificates(CertificateKind kind, const std::string& host);

}  // namespace lkdoctor::demo
