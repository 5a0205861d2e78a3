import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** veraPDF over files: {@code Validate 3a,ua1 FILE …}. A line for each file and flavour, with how
 * many assertions were tried, then one for each that failed. */
class Validate {
    public static void main(String[] args) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (int i = 1; i < args.length; i++) {
            for (String id : args[0].split(",")) {
                PDFAFlavour flavour = PDFAFlavour.fromString(id);
                try (PDFAParser file = Foundries.defaultInstance()
                             .createParser(new FileInputStream(args[i]), flavour);
                     PDFAValidator rules = Foundries.defaultInstance()
                             .createValidator(flavour, false)) {
                    ValidationResult found = rules.validate(file);
                    System.out.println(args[i] + "\t" + id + "\t" + found.getTotalAssertions());
                    for (TestAssertion one : found.getTestAssertions()) {
                        if (one.getStatus() == TestAssertion.Status.FAILED) {
                            System.out.println(args[i] + "\t" + id + "\tFAILED\t"
                                    + one.getRuleId().getClause() + "\t" + one.getMessage());
                        }
                    }
                }
            }
        }
    }
}
