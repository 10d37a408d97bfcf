BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/slot9.yaml "version: 1`npolicy: slot9`notherwise: { by: slot, slot: 9 }"
    Set-Content TestDrive:/good.yaml "version: 1`npolicy: good`notherwise: { by: hash }"
    Set-Content TestDrive:/broken.yaml "version: 1`npolicy: broken`notherwise: { by: magic }"
}

Describe 'Test-SteeringPolicy' {
    It 'passes a policy and says what it costs' {
        $result = Test-SteeringPolicy TestDrive:/good.yaml -SlotCount 4
        $result.Passed | Should -BeTrue
        $result.Policy | Should -Be 'good'
        $result.InstructionCount | Should -BeGreaterThan 0
        $result.MapBytes | Should -BeGreaterThan 0
    }

    It 'finds a slot that the group lacks' {
        $result = Test-SteeringPolicy (Import-SteeringPolicy TestDrive:/slot9.yaml) -SlotCount 4
        $result.Passed | Should -BeFalse
        $result.Diagnostics[0].ToString() | Should -Match 'slot9\.yaml:3'
        $result.InstructionCount | Should -Be 0
    }

    It 'takes the slots from a group' {
        $null = New-ReuseportGroup ten -SlotCount 10 -Port 5300
        (Test-SteeringPolicy TestDrive:/slot9.yaml -Group ten).SlotCount | Should -Be 10
        Test-SteeringPolicy TestDrive:/slot9.yaml -Group ten -Quiet | Should -BeTrue
    }

    It 'answers with a bool when asked to be quiet' {
        Test-SteeringPolicy TestDrive:/good.yaml -SlotCount 4 -Quiet | Should -BeTrue
        Test-SteeringPolicy TestDrive:/slot9.yaml -SlotCount 4 -Quiet | Should -BeFalse
        Test-SteeringPolicy TestDrive:/broken.yaml -SlotCount 4 -Quiet | Should -BeFalse
    }

    It 'reports what is wrong in a file as a result, not as an error' {
        $result = Test-SteeringPolicy TestDrive:/broken.yaml -SlotCount 4 -ErrorAction Stop
        $result.Passed | Should -BeFalse
        $result.Diagnostics[0].Message | Should -Match 'magic'
    }
}
