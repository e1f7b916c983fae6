// SPDX-License-Identifier: EUPL-1.2
#include "net/trust.hpp"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/text.hpp>

#include "net/trust_store.hpp"

namespace lkdoctor::net {
namespace {

using StoreContext = std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)>;

struct Verified {
  int error = X509_V_OK;
  bool used_unsent = false;  ///< an intermediate came from the store instead of from the peer
};

bool was_sent(const std::vector<X509Ptr>& chain, X509* certificate) {
  return std::ranges::any_of(chain,
                             [&](const X509Ptr& sent) { return X509_cmp(sent.get(), certificate) == 0; });
}

Verified verified(X509_STORE* store, const std::vector<X509Ptr>& chain, unsigned long flags) {
  STACK_OF(X509)* sent = sk_X509_new_null();
  for (const X509Ptr& certificate : chain) sk_X509_push(sent, certificate.get());
  const StoreContext context(X509_STORE_CTX_new(), &X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store, chain.front().get(), sent);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_flags(parameters, flags);
  Verified result;
  if (X509_verify_cert(context.get()) != 1) result.error = X509_STORE_CTX_get_error(context.get());
  STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i + 1 < sk_X509_num(path); ++i) {
    if (!was_sent(chain, sk_X509_value(path, i))) result.used_unsent = true;
  }
  sk_X509_free(sent);
  ERR_clear_error();
  return result;
}

bool matches(X509* leaf, const std::string& name) {
  if (is_numeric_address(name)) return X509_check_ip_asc(leaf, name.c_str(), 0) == 1;
  // As browsers do: names of subjectAltName only, never the common name; and a name that is absolute counts
  // as the relative one, which alone a certificate can hold (RFC 5280 §4.2.1.6).
  const std::size_t size = name.ends_with('.') ? name.size() - 1 : name.size();
  return X509_check_host(leaf, name.data(), size,
                         X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                         nullptr) == 1;
}

/// RFC 6962 §3.3: certificates of public CAs carry the proofs of their entry in public logs.
bool is_publicly_logged(X509* certificate) {
  return X509_get_ext_by_NID(certificate, NID_ct_precert_scts, -1) >= 0;
}

/// RFC 5280 §4.2.2.1: where the issuer's certificate can be had. Public CAs always say so.
bool names_issuer_address(X509* certificate) {
  auto* list =
      static_cast<AUTHORITY_INFO_ACCESS*>(X509_get_ext_d2i(certificate, NID_info_access, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(list); ++i) {
    if (OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(list, i)->method) == NID_ad_ca_issuers) found = true;
  }
  AUTHORITY_INFO_ACCESS_free(list);
  return found;
}

/// RFC 5280 §4.2.1.1: the authority key identifier may name the issuer's issuer; a root is its own.
bool names_grand_issuer(X509* certificate) {
  auto* identifier = static_cast<AUTHORITY_KEYID*>(
      X509_get_ext_d2i(certificate, NID_authority_key_identifier, nullptr, nullptr));
  if (identifier == nullptr) return false;
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(identifier->issuer); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(identifier->issuer, i);
    if (name->type == GEN_DIRNAME &&
        X509_NAME_cmp(name->d.directoryName, X509_get_issuer_name(certificate)) != 0) {
      found = true;
    }
  }
  AUTHORITY_KEYID_free(identifier);
  return found;
}

std::string field_of(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

/// The first two words of a common name; "" if it has fewer than three.
std::string first_words(const std::string& name) {
  const auto second = name.find(' ', name.find(' ') + 1);
  return name.find(' ') == std::string::npos || second == std::string::npos ? "" : name.substr(0, second);
}

/// True if a trusted CA carries the organisation, or without one the beginning of the name, of the issuer.
bool is_related(X509* trusted, const X509_NAME* issuer) {
  const X509_NAME* subject = X509_get_subject_name(trusted);
  const std::string organisation = field_of(issuer, NID_organizationName);
  if (!organisation.empty()) return field_of(subject, NID_organizationName) == organisation;
  const std::string words = first_words(field_of(issuer, NID_commonName));
  return !words.empty() && first_words(field_of(subject, NID_commonName)) == words;
}

bool is_related_to_trusted(X509_STORE* store, X509* certificate) {
  STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    X509* trusted = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
    if (trusted != nullptr && is_related(trusted, X509_get_issuer_name(certificate))) return true;
  }
  return false;
}

bool sounds_like_intermediate(X509* certificate) {
  const std::string issuer = to_lower_ascii(field_of(X509_get_issuer_name(certificate), NID_commonName));
  return issuer.find("intermediate") != std::string::npos || issuer.find("issuing") != std::string::npos ||
         issuer.find("sub ca") != std::string::npos || issuer.find("subca") != std::string::npos;
}

/// Why the issuer of the last certificate sent seems to be an intermediate and no private root.
std::string sign_of_incomplete_chain(X509_STORE* store, X509* last) {
  if (X509_NAME_cmp(X509_get_subject_name(last), X509_get_issuer_name(last)) == 0) return {};
  if (is_publicly_logged(last)) return "it is in the public certificate logs, so a public CA issued it";
  if (names_grand_issuer(last)) return "it says itself that its issuer was issued by another CA";
  if (names_issuer_address(last)) return "it names an address where its issuer's certificate can be had";
  if (is_related_to_trusted(store, last)) return "its issuer is named like a CA that is trusted here";
  if (sounds_like_intermediate(last)) return "its issuer calls itself an intermediate";
  return {};
}

bool is_missing_issuer(int error) {
  return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
         error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE || error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT;
}

/// The certificate with which the path from the leaf, through what was sent, ends.
X509* end_of_path(const std::vector<X509Ptr>& chain) {
  X509* last = chain.front().get();
  for (std::size_t steps = 0; steps < chain.size(); ++steps) {
    const auto issuer = std::ranges::find_if(chain, [&](const X509Ptr& candidate) {
      return candidate.get() != last && X509_check_issued(candidate.get(), last) == X509_V_OK;
    });
    if (issuer == chain.end()) break;
    last = issuer->get();
  }
  return last;
}

}  // namespace

void judge_trust(const std::vector<X509Ptr>& chain, const std::vector<std::string>& ca_files,
                 const std::string& name, TlsSession& session) {
  if (chain.empty()) return;
  X509_STORE* store = trust_store(ca_files);
  const Verified now = verified(store, chain, 0);
  session.trusted = now.error == X509_V_OK && !now.used_unsent;
  const Verified ever = now.error == X509_V_OK ? now : verified(store, chain, X509_V_FLAG_NO_CHECK_TIME);
  session.trusted_but_for_dates = ever.error == X509_V_OK && !ever.used_unsent;
  session.trusted_with_intermediates = ever.error == X509_V_OK && ever.used_unsent;
  if (!session.trusted) {
    const int error = now.used_unsent ? X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY : now.error;
    session.trust_error = X509_verify_cert_error_string(error);
  }
  if (session.trusted_with_intermediates) {
    session.incomplete_because = "the missing certificate is known to this machine";
  } else if (is_missing_issuer(ever.error)) {
    session.incomplete_because = sign_of_incomplete_chain(store, end_of_path(chain));
  }
  session.name_matches = !name.empty() && matches(chain.front().get(), name);
}

}  // namespace lkdoctor::net
