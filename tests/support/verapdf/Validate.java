import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Holds each file against PDF/UA-1. A line for each: how many checks, and the clauses that it breaks. */
public final class Validate {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.PDFUA_1;
        for (String file : files) {
            try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour);
                    PDFAValidator validator =
                            Foundries.defaultInstance().createValidator(flavour, 100, false, false, false)) {
                ValidationResult result = validator.validate(parser);
                StringBuilder line = new StringBuilder("CHECKED " + result.getTotalAssertions());
                for (TestAssertion one : result.getTestAssertions()) {
                    if (one.getStatus() == TestAssertion.Status.FAILED) {
                        line.append(" ").append(one.getRuleId().getClause());
                        line.append("-").append(one.getRuleId().getTestNumber());
                    }
                }
                System.out.println(line);
            }
        }
    }
}
