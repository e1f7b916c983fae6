// SPDX-License-Identifier: EUPL-1.2
#include "net/trust_store.hpp"

#include <doctest/doctest.h>
#include <openssl/x509.h>

#include <filesystem>

#include "support/certificates.hpp"

using namespace lkdoctor;

namespace {

std::string root(const std::string& name) {
  return test::make_certificate({.common_name = name, .authority = true}).certificate;
}

bool holds(X509_STORE* store, const std::string& name) {
  STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    char text[80] = "";
    X509* held = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
    if (held == nullptr) continue;
    X509_NAME_get_text_by_NID(X509_get_subject_name(held), NID_commonName, text, sizeof text);
    if (name == text) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("roots are read once, and again when their file is replaced, comes or goes") {
  const test::PemFile file({root("First Root")});
  X509_STORE* const first = net::trust_store({file.path()});
  CHECK(holds(first, "First Root"));
  CHECK(net::trust_store({file.path()}) == first);

  const test::PemFile renewed({root("Second Root")});
  std::filesystem::rename(renewed.path(), file.path());
  CHECK(holds(net::trust_store({file.path()}), "Second Root"));
  CHECK_FALSE(holds(net::trust_store({file.path()}), "First Root"));

  std::filesystem::remove(file.path());
  CHECK_FALSE(holds(net::trust_store({file.path()}), "Second Root"));
  const test::PemFile back({root("Third Root")});
  std::filesystem::rename(back.path(), file.path());
  CHECK(holds(net::trust_store({file.path()}), "Third Root"));
}

TEST_CASE("roots of one call are not trusted by the next that names other files") {
  const test::PemFile one({root("One Root")}), other({root("Other Root")});
  CHECK(holds(net::trust_store({one.path()}), "One Root"));
  CHECK_FALSE(holds(net::trust_store({other.path()}), "One Root"));
  CHECK(holds(net::trust_store({one.path(), other.path()}), "Other Root"));
}
