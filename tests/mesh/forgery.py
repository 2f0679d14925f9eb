"""The X-Forwarded-Client-Cert that a liar would send, in every spelling that some parser reads."""

import lab

FORGED = "spiffe://cluster.local/ns/full/sa/forged"
ELEMENT = f'By=spiffe://cluster.local/ns/full/sa/httpbin;Hash={"0" * 64};Subject="";URI={FORGED}'
TRUE_LOOKING = ELEMENT.replace(FORGED, lab.CALLER)

# Name: the header fields of one request.
SPELLINGS = {
    "usual": [f"X-Forwarded-Client-Cert: {ELEMENT}"],
    "lower case": [f"x-forwarded-client-cert: {ELEMENT}"],
    "shouted": [f"X-FORWARDED-CLIENT-CERT: {ELEMENT}"],
    "mixed case": [f"x-fOrWaRdEd-cLiEnT-cErT: {ELEMENT}"],
    "underscores": [f"X_Forwarded_Client_Cert: {ELEMENT}"],
    "one underscore": [f"x-forwarded_client-cert: {ELEMENT}"],
    "twice": [f"X-Forwarded-Client-Cert: {ELEMENT}", f"X-Forwarded-Client-Cert: {ELEMENT}"],
    "twice, spelled apart": [f"X-Forwarded-Client-Cert: {ELEMENT}",
                             f"x_forwarded_client_cert: {ELEMENT}"],
    "joined by a comma": [f"X-Forwarded-Client-Cert: {TRUE_LOOKING},{ELEMENT}"],
    "without blank": [f"X-Forwarded-Client-Cert:{ELEMENT}"],
    "with tabs": [f"X-Forwarded-Client-Cert:\t{ELEMENT}\t"],
    "as a connection option": [f"X-Forwarded-Client-Cert: {ELEMENT}",
                               "Connection: X-Forwarded-Client-Cert"],
}
